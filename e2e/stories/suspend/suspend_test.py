"""A job that is suspended leaves nothing running and goes on when it is resumed; one with a time to live goes by
itself; a service whose spec changes turns to a new revision and drops the old one."""
import pytest

from support import points, store
from support.kube import condition_of, is_true, wait_for

JOB = points.JOB.replace("EPOCHS", "2").replace("spec:", "spec:\n  suspend: true\n  ttlSecondsAfterFinished: 5", 1)
SERVICE = """
apiVersion: cresset.dev/v1alpha1
kind: ModelService
metadata: {name: points}
spec:
  model: {uri: MODEL}
  storage: {secretRef: {name: s3}, endpoint: "http://s3:7070"}
  batching: {maxSize: SIZE}
  resources: {requests: {cpu: 100m, memory: 256Mi}}
"""


@pytest.fixture(scope="module")
def space(kube, s3_image):
    with points.namespace(kube, "story-suspend", s3_image) as space:
        yield space


def pods(space):
    return space.get("pods", selector="cresset.dev/training-job=points")


def set_suspend(space, value):
    space.run("patch", "trainingjob", "points", "--type=merge", "-p", f'{{"spec":{{"suspend":{value}}}}}')


def test_a_suspended_job_has_no_pods_and_a_resumed_one_completes(space):
    space.apply(JOB)
    explain = lambda: space.run("describe", "trainingjob", "points").stdout  # noqa: E731
    wait_for("Suspended", lambda: is_true(space.get("trainingjob", "points"), "Suspended"), 30, explain=explain)
    assert pods(space) == []
    set_suspend(space, "false")
    wait_for("a pod", lambda: pods(space), 30, explain=explain)
    set_suspend(space, "true")
    wait_for("Suspended again", lambda: (j := space.get("trainingjob", "points")) and
             (is_true(j, "Suspended") or is_true(j, "Complete")), 60, explain=explain)
    set_suspend(space, "false")
    job = wait_for("the job's end", lambda: (j := space.get("trainingjob", "points")) and
                   is_true(j, "Complete") and j, 90, explain=explain)
    assert job["status"]["restarts"] == 0, "a planned stop is charged to nobody"
    space.model = job["status"]["model"]["uri"]


def test_a_finished_job_goes_when_its_time_is_over_and_its_model_stays(space):
    wait_for("the job gone", lambda: space.get("trainingjob", "points") is None, 40)
    wait_for("its pods gone", lambda: not pods(space), 30)
    with store.reached(space) as s3:
        assert any(name.endswith("manifest.json") for name in store.names(s3, "models/points"))


def test_a_changed_service_turns_to_a_new_revision_and_drops_the_old_one(space):
    def deployments():
        return [d["metadata"]["name"] for d in space.get("deployments", selector="cresset.dev/model-service=points")]

    explain = lambda: space.run("describe", "modelservice", "points").stdout  # noqa: E731
    space.apply(SERVICE.replace("MODEL", space.model).replace("SIZE", "8"))
    wait_for("the service", lambda: is_true(space.get("modelservice", "points"), "Ready"), 60, explain=explain)
    first = deployments()
    space.apply(SERVICE.replace("MODEL", space.model).replace("SIZE", "16"))
    wait_for("one new Deployment alone", lambda: len(d := deployments()) == 1 and d != first, 90, explain=explain)
    assert condition_of(space.get("modelservice", "points"), "RolledOut")["status"] == "True"


def test_a_network_policy_that_somebody_opens_is_closed_again(space):
    def ingress():
        return space.get("networkpolicy", "points-serving")["spec"]["ingress"]

    closed = ingress()
    space.run("patch", "networkpolicy", "points-serving", "--type=merge", "-p", '{"spec": {"ingress": [{}]}}')
    wait_for("the ingress rules as they were", lambda: ingress() == closed, 30, explain=ingress)
