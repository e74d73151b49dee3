"""A definition that is deleted, or has other fields than the operator knows, under a running operator."""
import copy

import pytest
import yaml

from tests.integration.conftest import ROOT, SYSTEM, plane_of_its_own
from tests.integration.training_job_test import conditions, job, pods_of, submit, wait_for_pods
from tests.support.api import Refused
from tests.support.cluster import wait_until

TRAINING_JOB = yaml.safe_load((ROOT / "helm/cresset/schemas/training_job.yaml").read_text())


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, crds):
    with plane_of_its_own(tmp_path_factory.mktemp("changing") / "plane", crds) as own:
        yield own


@pytest.fixture
def operator(cluster, start_operator_here):
    return start_operator_here()


@pytest.fixture
def start_operator_here(cluster, tmp_path):
    from tests.support.cluster import BUILD
    from tests.support.operator import Operator
    started = []

    def start():
        made = Operator(BUILD / "operator" / "cresset", tmp_path / f"operator-{len(started)}.log",
                        cluster.account_kubeconfig("operator", SYSTEM), SYSTEM)
        started.append(made)
        wait_until(made.ready, f"the operator is ready; {made.log}")
        return made

    yield start
    for made in started:
        made.kill()
    cluster.apply(TRAINING_JOB)


def is_taken(cluster, thing):
    try:
        return cluster.api.apply(thing)
    except Refused:
        return None


def spec_of(crd):
    return crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]


def test_a_definition_that_is_deleted_is_named_nothing_is_deleted_by_us_and_it_heals(cluster, operator, namespace):
    submit(cluster, namespace)
    wait_for_pods(cluster, namespace, 2)
    cluster.kubectl("delete", "crd", "trainingjobs.cresset.dev")
    wait_until(lambda: "is its CRD installed?" in operator.http("/readyz")[1], "readyz names the CRD", 60)
    assert operator.http("/healthz")[0] == 200
    assert [write for write in cluster.writes("operator", namespace) if write[0].startswith("delete")] == []
    cluster.apply(TRAINING_JOB)
    wait_until(operator.ready, "the operator is ready once the CRD is there again", 90)
    wait_until(lambda: not pods_of(cluster, namespace), "the garbage collector took the pods", 90)
    submit(cluster, namespace)
    wait_for_pods(cluster, namespace, 2)


def test_a_field_that_a_newer_definition_has_survives_and_is_told(cluster, start_operator_here, namespace):
    newer = copy.deepcopy(TRAINING_JOB)
    spec_of(newer)["properties"]["future"] = {"type": "string"}
    cluster.apply(newer)
    thing = job("digits", future="yes")
    thing["metadata"]["namespace"] = namespace
    wait_until(lambda: is_taken(cluster, thing), "the newer definition is in force")
    start_operator_here()
    failed = wait_until(lambda: conditions(cluster, namespace).get("Failed"), "what it does not know is not passed over")
    assert "spec.future is not a known field" in failed["message"]
    assert cluster.get("trainingjob", "digits", namespace)["spec"]["future"] == "yes"


def test_an_object_of_an_older_definition_that_is_invalid_now_says_so(cluster, start_operator_here, namespace):
    older = copy.deepcopy(TRAINING_JOB)
    for part in (spec_of(older), spec_of(older)["properties"]["workers"]):
        part.pop("x-kubernetes-validations", None)
    cluster.apply(older)
    thing = job("digits", workers={"min": 3})
    thing["metadata"]["namespace"] = namespace
    wait_until(lambda: is_taken(cluster, thing), "the older definition is in force")
    cluster.apply(TRAINING_JOB)
    start_operator_here()
    failed = wait_until(lambda: conditions(cluster, namespace).get("Failed"), "the condition Failed")
    assert (failed["status"], failed["reason"]) == ("True", "InvalidSpec")
    assert "spec.workers.count must not be below min, found 2 and 3" in failed["message"]
    assert pods_of(cluster, namespace) == []
