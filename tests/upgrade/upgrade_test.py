"""An operator of today over the objects that earlier releases left (tests/upgrade/states): it changes none of them."""
import pathlib
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2])]

from tests.integration.conftest import SYSTEM, crds  # noqa: E402, F401  a fixture
from tests.integration.training_job_test import wait_for_pods  # noqa: E402
from tests.support.cluster import BUILD, Cluster, wait_until  # noqa: E402
from tests.support.operator import Operator  # noqa: E402
from tests.upgrade.state import STAGES, STATES, unpack  # noqa: E402

KINDS = ("trainingjobs", "modelservices", "pods", "services", "networkpolicies", "deployments", "configmaps")


@pytest.fixture(params=sorted(STATES.glob("*.tar.xz")), ids=lambda path: path.name.removesuffix(".tar.xz"))
def upgraded(request, tmp_path, crds):  # noqa: F811
    """The cluster of an earlier release, with the schemas of today."""
    cluster = Cluster(tmp_path / "plane")
    unpack(request.param, cluster.folder)
    cluster.start()
    try:
        assert cluster.get("namespace", SYSTEM, ""), "etcd did not take the kept state"
        for crd in crds:
            cluster.apply(crd)
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def before(upgraded):
    """What is there while no operator is."""
    return state_of(upgraded)


@pytest.fixture
def operator(upgraded, before, tmp_path):
    """As a new release is: another image for new workers, and a pod of another name."""
    operator = Operator(BUILD / "operator" / "cresset", tmp_path / "operator.log",
                        upgraded.account_kubeconfig("operator", SYSTEM), SYSTEM,
                        args=["--worker-image=localhost/cresset-worker:next"], name="operator-next")
    yield operator
    operator.kill()


def state_of(cluster):
    return {(item["kind"], item["metadata"]["namespace"], item["metadata"]["name"]): item
            for namespace in STAGES for kind in KINDS for item in cluster.list(kind, namespace)}


def versions(state):
    return {name: (item["metadata"]["uid"], item["metadata"]["resourceVersion"]) for name, item in state.items()}


def test_a_new_release_changes_nothing_that_an_earlier_one_left_and_works_on(upgraded, before, operator):
    ours = {kind: sum(name[0] == kind for name in before) for kind in ("TrainingJob", "ModelService")}
    assert len({name[1] for name in before if name[0] in ours}) == len(STAGES)
    # The lease of the earlier leader runs out first.
    for kind, count in ours.items():
        wait_until(lambda kind=kind, count=count: operator.metric(
            "controller_runtime_reconcile_total", controller=kind.lower()) >= count, f"each {kind} was looked at", 60)
    wait_until(lambda: operator.metric("workqueue_depth") + operator.metric("controller_runtime_active_workers") == 0,
               "nothing waits")
    assert versions(state_of(upgraded)) == versions(before)
    upgraded.kubectl("patch", "trainingjob", "digits", "-n", "job-suspended", "--type=merge", "-p", '{"spec": {"suspend": false}}')
    pods = wait_for_pods(upgraded, "job-suspended", 2)
    assert {pod["spec"]["containers"][0]["image"] for pod in pods} == {"localhost/cresset-worker:next"}


def test_what_replicas_may_reach_is_limited_with_the_next_revision_which_cuts_off_none_before(upgraded, operator):
    def names(kind, wanted=lambda item: True):
        return {item["metadata"]["name"] for item in upgraded.list(kind, "service-serving") if wanted(item)}

    def limited():
        return names("networkpolicies", lambda item: "Egress" in item["spec"]["policyTypes"])
    before, limited_before = names("deployments"), limited()
    upgraded.api.merge("modelservice", "service-serving", "digits", {"spec": {"drainSeconds": 5}})
    (revision,) = wait_until(lambda: names("deployments") - before, "the next revision", 60)
    assert limited() - limited_before == {revision}
