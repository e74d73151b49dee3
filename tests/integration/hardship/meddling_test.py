"""What somebody changes by hand of what the operator made: ours is put back, what is theirs stays."""
import json

import pytest

from tests.support.cluster import wait_until
from tests.integration.hardship.hardship_test import run_pods, status, wait_for_round
from tests.integration.model_service_test import submit as submit_service, wait_for_replicas
from tests.integration.training_job_test import conditions, pods_of, submit, wait_for_pods, wait_until_quiet

LABEL = "cresset.dev/training-job"


def merge(cluster, kind, name, namespace, patch, *flags):
    cluster.kubectl("patch", kind, name, "-n", namespace, "--type=merge", "-p", json.dumps(patch), *flags)


@pytest.mark.parametrize("kind, ours, theirs", [
    ("service", {"selector": {"cresset.dev/revision": "nowhere"}}, {"sessionAffinity": "ClientIP"}),
    ("service", {"selector": {"only": "these"}}, {"sessionAffinity": "ClientIP"}),
    ("service", {"ports": [{"name": "http", "port": 81, "targetPort": 9090}]}, {}),
    ("networkpolicy", {"ingress": [{}]}, {}),
    ("networkpolicy", {"egress": [{}]}, {}),
    ("networkpolicy", {"podSelector": {"matchLabels": {"only": "these"}}}, {}),
    ("deployment", {"replicas": 7}, {"revisionHistoryLimit": 3}),
])
def test_of_a_child_that_somebody_edits_our_fields_are_put_back_and_others_stay(
        cluster, running_operator, namespace, kind, ours, theirs):
    submit_service(cluster, namespace)
    of_a_revision = kind == "deployment" or "egress" in ours
    name = wait_for_replicas(cluster, namespace, 1)["metadata"]["name"] if of_a_revision else "digits-serving"
    before = wait_until(lambda: cluster.get(kind, name, namespace), f"the {kind}")
    merge(cluster, kind, name, namespace, {
        "metadata": {"labels": {"team": "vision"}, "annotations": {"example.com/note": "mine"}}, "spec": {**ours, **theirs}})
    wait_until(lambda: all(cluster.get(kind, name, namespace)["spec"][key] == before["spec"][key] for key in ours),
               f"the {kind} is as before")
    wait_until_quiet(cluster, namespace)
    after = cluster.get(kind, name, namespace)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["metadata"]["labels"]["team"] == "vision"
    assert after["metadata"]["annotations"]["example.com/note"] == "mine"
    assert {key: after["spec"][key] for key in theirs} == theirs


@pytest.mark.parametrize("kind, ours", [
    ("service", {"selector": {"only": "these"}}),
    ("service", {"ports": [{"name": "store", "port": 29501}]}),
    ("service", {"publishNotReadyAddresses": False}),
    ("service", {"type": "ExternalName", "clusterIP": None}),
    ("networkpolicy", {"ingress": [{}]}),
    ("networkpolicy", {"podSelector": {"matchExpressions": [{"key": "only", "operator": "Exists"}]}}),
    ("networkpolicy", {"policyTypes": ["Egress"]}),
])
def test_what_somebody_edits_in_a_jobs_service_and_policy_is_put_back(cluster, running_operator, namespace, kind, ours):
    submit(cluster, namespace)
    wait_for_pods(cluster, namespace, 2)
    before = cluster.get(kind, "digits-workers", namespace)
    theirs = {"sessionAffinity": "ClientIP", "externalName": "elsewhere.example"} if kind == "service" else {}
    merge(cluster, kind, "digits-workers", namespace, {"metadata": {"labels": {"team": "vision"}}, "spec": {**ours, **theirs}})
    wait_until(lambda: all(cluster.get(kind, "digits-workers", namespace)["spec"].get(key) == before["spec"].get(key) for key in ours),
               f"the {kind} is as before")
    wait_until_quiet(cluster, namespace)
    after = cluster.get(kind, "digits-workers", namespace)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["metadata"]["labels"]["team"] == "vision"
    assert {key: after["spec"][key] for key in theirs} == theirs


def test_a_worker_that_loses_its_label_is_replaced_once(cluster, running_operator, namespace):
    submit(cluster, namespace)
    wait_for_pods(cluster, namespace, 2)
    run_pods(cluster, namespace)
    wait_for_round(cluster, namespace, 1)
    before = {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in pods_of(cluster, namespace)}
    cluster.kubectl("label", "pod", "digits-1", "-n", namespace, LABEL + "-")
    wait_until(lambda: len(wait_for_pods(cluster, namespace, 2)) == 2
               and cluster.get("pod", "digits-1", namespace)["metadata"]["uid"] != before["digits-1"], "it is replaced")
    run_pods(cluster, namespace)
    wait_for_round(cluster, namespace, 2)
    wait_until_quiet(cluster, namespace)
    after = {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in cluster.list("pods", namespace)}
    assert after.keys() == before.keys() and after["digits-0"] == before["digits-0"]
    assert status(cluster, namespace)["restarts"] == 1


def test_a_deployment_that_loses_its_labels_gets_them_back(cluster, running_operator, namespace):
    submit_service(cluster, namespace)
    before = wait_for_replicas(cluster, namespace, 1)
    name = before["metadata"]["name"]
    cluster.kubectl("label", "deployment", name, "-n", namespace, "cresset.dev/model-service-")
    wait_until(lambda: cluster.get("deployment", name, namespace)["metadata"]["labels"] == before["metadata"]["labels"],
               "the labels are back")
    wait_until_quiet(cluster, namespace)
    assert cluster.get("deployment", name, namespace)["metadata"]["uid"] == before["metadata"]["uid"]
    assert len(cluster.list("deployments", namespace)) == 1


def run_live(cluster, namespace):
    for n, pod in enumerate(pods_of(cluster, namespace)):
        if pod["status"]["phase"] != "Failed":
            cluster.set_status("pod", pod["metadata"]["name"], {"phase": "Running", "podIP": f"10.0.0.{n + 1}"}, namespace)


def end(cluster, namespace, name, code, reason):
    ended = {"terminated": {"exitCode": code, "reason": reason, "finishedAt": "2026-01-01T00:00:00Z"}}
    cluster.set_status("pod", name, {"phase": "Failed", "containerStatuses": [
        {"name": "worker", "image": "x", "imageID": "x", "ready": False, "restartCount": 0, "state": ended}]}, namespace)


def notes_of(cluster, namespace, reason):
    return [event["note"] for event in cluster.list("events.events.k8s.io", namespace) if event["reason"] == reason]


def test_each_end_of_a_worker_is_told_once_by_its_reason_and_the_count_survives_a_restart(cluster, start_operator, namespace):
    operator = start_operator()
    wait_until(operator.ready, "the operator is ready")
    submit(cluster, namespace, failurePolicy={"maxRestarts": 3})
    wait_for_pods(cluster, namespace, 2)
    name = "digits-1"
    for restarts, (code, reason, told) in enumerate([
            (137, "OOMKilled", "exit code 137 (OOMKilled)"), (137, "Error", "exit code 137;"),
            (143, "Error", "exit code 143;")], 1):
        run_live(cluster, namespace)
        wait_for_round(cluster, namespace, restarts)
        end(cluster, namespace, name, code, reason)
        ended, name = name, f"digits-1-r{restarts}"
        wait_until(lambda: cluster.get("pod", name, namespace), f"{ended} is replaced")
        wait_until(lambda: [note for note in notes_of(cluster, namespace, "WorkerFailed") if ended + ")" in note], "the event")
        if restarts == 2:
            operator.kill()
            operator = start_operator()
            wait_until(operator.ready, "the second operator is ready")
        (note,) = [note for note in notes_of(cluster, namespace, "WorkerFailed") if ended + ")" in note]
        assert told in note, note
    run_live(cluster, namespace)
    wait_for_round(cluster, namespace, 4)
    assert status(cluster, namespace)["restarts"] == 3
    end(cluster, namespace, name, 1, "Error")
    wait_until(lambda: conditions(cluster, namespace).get("Failed", {}).get("status") == "True", "the job fails")
    failed = conditions(cluster, namespace)["Failed"]
    assert failed["reason"] == "RestartsExhausted" and "exit code 1" in failed["message"], failed
