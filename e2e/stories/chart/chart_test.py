"""The chart is upgraded, goes and comes back, with Helm 3 and with Helm 4; what users wrote stays, and a gateway
that is replaced leaves no request unanswered. conftest.py runs it last: it takes the chart away."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import threading
import urllib.error
import urllib.request

import pytest

from support.kube import is_true, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[3]
CHART = ROOT / "helm" / "cresset"
SYSTEM = "cresset-system"
DEPLOYMENTS = ["cresset-gateway", "cresset-operator"]
NEWER = "ttlSecondsAfterFinished"  # optional, may be changed, and no rule of the schema names it
JOB = """
apiVersion: cresset.dev/v1alpha1
kind: TrainingJob
metadata: {name: NAME}
spec:
  suspend: true
  workers: {count: 1}
  storage: {secretRef: {name: s3}, endpoint: "http://s3:7070"}
  training:
    model: {architecture: mlp, parameters: {hidden: [8]}}
    data: {train: {uri: s3://data/points.csv}, label: side}
  output: {uri: s3://models/points}
"""


def helm(major, *args):
    done = subprocess.run([ROOT / "dev", "helm", *args, "-n", SYSTEM], capture_output=True, text=True, timeout=180,
                          env={**os.environ, "CRESSET_HELM": major})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def install(major, *more, chart=CHART):
    return helm(major, "upgrade", "--install", "cresset", str(chart), "--create-namespace",
                "--values", str(ROOT / "build" / "images" / "values.yaml"), "--wait", "--timeout", "120s", *more)


@pytest.fixture(scope="module")
def space(kube):
    kube = kube.in_namespace("story-chart")
    kube.run("create", "namespace", kube.namespace)
    # From here on no pod of the chart comes up, and no install ends well, unless it passes the restricted level.
    kube.run("label", "namespace", SYSTEM, "pod-security.kubernetes.io/enforce=restricted", "--overwrite")
    kube.apply(JOB.replace("NAME", "kept"))
    yield kube
    install("4")
    kube.run("delete", "trainingjobs", "--all", "--timeout=60s", check=False)
    kube.run("delete", "namespace", kube.namespace, "--wait=false", check=False)


def is_suspended(space, name):
    return lambda: is_true(space.get("trainingjob", name), "Suspended")


def template_generations(kube):
    """The count of changes that each Deployment of the chart has seen."""
    system = kube.in_namespace(SYSTEM)
    return {name: system.get("deployment", name)["metadata"]["generation"] for name in DEPLOYMENTS}


@pytest.mark.parametrize("major", ["3", "4"])
def test_an_upgrade_without_a_change_changes_no_pod(kube, major):
    install(major)
    before = template_generations(kube)
    install(major)
    assert template_generations(kube) == before


@pytest.mark.parametrize("major", ["3", "4"])
def test_an_upgrade_with_a_value_reaches_the_process(kube, major):
    install(major, "--set", "operator.logLevel=debug")
    pod = kube.in_namespace(SYSTEM).get("deployment", "cresset-operator")["spec"]["template"]["spec"]
    assert "--log-level=debug" in pod["containers"][0]["args"]
    install(major)


def chart_without_the_newer_field(folder):
    """A copy of the chart as it would have been before a TrainingJob had that field."""
    copy = shutil.copytree(CHART, folder / "cresset")
    schema = copy / "schemas" / "training_job.yaml"
    older, count = re.subn(rf"^( +){NEWER}:\n(\1 +.*\n)+", "", schema.read_text(), flags=re.MULTILINE)
    assert count == 1
    schema.write_text(older)
    return copy


def fields_of_a_job(kube):
    """Those of the spec in the definition that the API server has."""
    (version,) = kube.get("customresourcedefinition", "trainingjobs.cresset.dev")["spec"]["versions"]
    return version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]


@pytest.mark.parametrize("major", ["3", "4"])
def test_an_upgrade_brings_a_field_into_the_definition_and_keeps_the_jobs_of_before(space, tmp_path, major):
    name = f"older-{major}"
    install(major, chart=chart_without_the_newer_field(tmp_path))
    assert NEWER not in fields_of_a_job(space)
    space.apply(JOB.replace("NAME", name))
    wait_for("the operator saw the job", is_suspended(space, name), 60)
    uid = space.get("trainingjob", name)["metadata"]["uid"]

    install(major)
    assert NEWER in fields_of_a_job(space)
    assert space.get("trainingjob", name)["metadata"]["uid"] == uid

    def takes_the_field():  # what the API server does not know yet it drops
        space.run("patch", "trainingjob", name, "--type=merge", "-p", json.dumps({"spec": {NEWER: 60}}))
        return space.get("trainingjob", name)["spec"].get(NEWER) == 60
    wait_for("the job of before has the field", takes_the_field, 30)


class Asker(threading.Thread):
    """Asks the gateway for a service that does not exist, one request after another: a 404 is an answer."""

    def __init__(self, gateway):
        super().__init__()
        self.url = f"{gateway}/story-chart/none/v2"
        self.stopped = threading.Event()
        self.answered, self.failed = 0, []

    def run(self):
        while not self.stopped.wait(0.005):
            try:
                urllib.request.urlopen(self.url, timeout=10)
            except urllib.error.HTTPError as answer:
                self.answered += answer.code == 404
                if answer.code != 404:
                    self.failed.append(answer.code)
            except OSError as refused:
                self.failed.append(str(refused))


def test_a_gateway_that_is_replaced_leaves_no_request_unanswered(kube, gateway):
    asker = Asker(gateway)
    asker.start()
    try:
        system = kube.in_namespace(SYSTEM)
        system.run("rollout", "restart", "deployment/cresset-gateway")
        system.run("rollout", "status", "deployment/cresset-gateway", "--timeout=90s")
        pods = "app.kubernetes.io/component=gateway"
        wait_for("the old gateways are gone", lambda: len(system.get("pods", selector=pods)) == 2, 60)
    finally:
        asker.stopped.set()
        asker.join()
    assert asker.answered > 100
    assert not asker.failed


@pytest.mark.parametrize("major", ["3", "4"])
def test_uninstalling_keeps_definitions_and_objects_and_a_new_install_takes_them_up(space, major):
    wait_for("the operator saw the job", is_suspended(space, "kept"), 30)
    uid = space.get("trainingjob", "kept")["metadata"]["uid"]
    helm(major, "uninstall", "cresset", "--wait")

    system = space.in_namespace(SYSTEM)
    assert not system.get("deployments")
    assert not [r for r in space.get("clusterroles") if r["metadata"]["name"].startswith("cresset-")]
    crds = {c["metadata"]["name"] for c in space.get("customresourcedefinitions")}
    assert {"trainingjobs.cresset.dev", "modelservices.cresset.dev"} <= crds
    assert space.get("trainingjob", "kept")["metadata"]["uid"] == uid

    install(major)
    space.apply(JOB.replace("NAME", f"new-{major}"))
    wait_for("the new operator acts", is_suspended(space, f"new-{major}"), 60)
