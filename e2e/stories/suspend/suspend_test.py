"""A job that is suspended leaves nothing running and goes on when it is resumed; one with a time to live goes by
itself, and one that runs says how far it got; a service whose spec changes turns to a new revision and drops the old
one, and one whose process is killed comes back, both under load."""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import signal

import pytest

from support import load, points, store
from support.kube import condition_of, is_true, wait_for

JOB = points.JOB.replace("EPOCHS", "2").replace("spec:", "spec:\n  suspend: true\n  ttlSecondsAfterFinished: 5", 1)
SERVICE = """
apiVersion: cresset.dev/v1alpha1
kind: ModelService
metadata: {name: points}
spec:
  model: {uri: MODEL, digest: "DIGEST"}
  storage: {secretRef: {name: s3}, endpoint: "http://s3:7070"}
  batching: {maxSize: SIZE}
  resources: {requests: {cpu: 100m, memory: 256Mi}}
"""


@pytest.fixture(scope="module")
def space(kube, s3_image):
    with points.namespace(kube, "story-suspend", s3_image) as space:
        yield space


def service(space, size):
    """Of the model that the job made, whose digest it pins."""
    return SERVICE.replace("MODEL", space.model["uri"]).replace("DIGEST", space.model["digest"]).replace("SIZE", str(size))


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
    space.model = job["status"]["model"]


def test_a_finished_job_goes_when_its_time_is_over_and_its_model_stays(space):
    wait_for("the job gone", lambda: space.get("trainingjob", "points") is None, 40)
    wait_for("its pods gone", lambda: not pods(space), 30)
    with store.reached(space) as s3:
        assert any(name.endswith("manifest.json") for name in store.names(s3, "models/points"))


def test_the_status_of_a_job_follows_its_steps_while_it_runs(space):
    space.apply(points.JOB.replace("EPOCHS", "1000000").replace("name: points", "name: endless"))

    def steps():
        return space.get("trainingjob", "endless").get("status", {}).get("step", 0)
    try:
        first = wait_for("steps in the status", steps, 40)
        wait_for("more steps", lambda: steps() > first, 20)
    finally:
        space.run("delete", "trainingjob", "endless", "--wait=true")


CONNECTIONS = 4


@contextlib.contextmanager
def under_load(space, gateway):
    """While the service is asked by a few; gives their outcome, which grows until the context ends."""
    outcome, body = load.Outcome(), json.dumps({"inputs": [
        {"name": "input", "shape": [1, 2], "datatype": "FP32", "data": [4, 2]}]}).encode()
    url = f"{gateway}/{space.namespace}/points/v2/models/points/infer"
    headers, asked = {"Authorization": f"Bearer {space.token()}", "Content-Type": "application/json"}, []

    def ask():
        while not asked:
            load.closed_loop(url, body, headers, CONNECTIONS, 2, outcome=outcome)

    with concurrent.futures.ThreadPoolExecutor() as pool:
        asking = pool.submit(ask)
        try:
            answered(outcome, "load")
            yield outcome
            answered(outcome, "answers after it all")
        finally:
            asked.append("enough")
        asking.result()


def answered(outcome, what):
    """A hundred more answers came."""
    before = len(outcome.latencies)
    wait_for(what, lambda: len(outcome.latencies) > before + 100, 60, explain=lambda: str(outcome.errors))


def kill_processes_of(pod):
    """As the kernel does that runs out of memory: no word before."""
    mark = pod["metadata"]["uid"].replace("-", "_")
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (process / "cgroup").read_text().replace("-", "_") and b"serve" in (process / "cmdline").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)


def test_a_changed_service_turns_to_a_new_revision_and_drops_the_old_one_and_no_request_fails(space, gateway):
    def deployments():
        return [d["metadata"]["name"] for d in space.get("deployments", selector="cresset.dev/model-service=points")]

    explain = lambda: space.run("describe", "modelservice", "points").stdout  # noqa: E731
    space.apply(service(space, 8))
    wait_for("the service", lambda: is_true(space.get("modelservice", "points"), "Ready"), 60, explain=explain)
    first = deployments()
    with under_load(space, gateway) as outcome:
        space.apply(service(space, 16))
        wait_for("one new Deployment alone", lambda: len(d := deployments()) == 1 and d != first, 90, explain=explain)
    assert condition_of(space.get("modelservice", "points"), "RolledOut")["status"] == "True"
    assert outcome.failed == 0, outcome.errors


def test_a_replica_that_is_killed_costs_at_most_what_it_held_and_comes_back_with_the_same_model(space, gateway):
    def replica():
        found = [p for p in space.get("pods", selector="cresset.dev/model-service=points") if "deletionTimestamp" not in p["metadata"]]
        assert len(found) == 1
        return found[0]

    with under_load(space, gateway) as outcome:
        kill_processes_of(replica())
        wait_for("the container once more", lambda: (s := replica()["status"]["containerStatuses"][0])["restartCount"] == 1 and
                 s["ready"], 60, explain=replica)
    assert outcome.failed <= CONNECTIONS, outcome.errors
    assert all(error.startswith("HTTP 502") or error.startswith("HTTP 503") for error in outcome.errors), outcome.errors
    assert space.get("modelservice", "points")["status"]["model"]["digest"] == space.model["digest"]


def test_a_network_policy_that_somebody_opens_is_closed_again(space):
    def ingress():
        return space.get("networkpolicy", "points-serving")["spec"]["ingress"]

    closed = ingress()
    space.run("patch", "networkpolicy", "points-serving", "--type=merge", "-p", '{"spec": {"ingress": [{}]}}')
    wait_for("the ingress rules as they were", lambda: ingress() == closed, 30, explain=ingress)
