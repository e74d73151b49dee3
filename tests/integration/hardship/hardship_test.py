"""What a namespace, its other inhabitants and its users do to a job while the real operator works on it."""
import base64
import datetime
import http.client
import json
import signal
import ssl
import tempfile
import threading
import urllib.request

import pytest

from tests.support.cluster import Failed, wait_until
from tests.integration.model_service_test import deployments, submit as submit_service, wait_for_replicas
from tests.integration.training_job_test import conditions, everything, job, pods_of, submit, wait_for_pods, wait_until_quiet


def status(cluster, namespace):
    return cluster.get("trainingjob", "digits", namespace).get("status", {})


def run_pods(cluster, namespace):
    """Those that have not ended."""
    for n, pod in enumerate(pods_of(cluster, namespace)):
        if pod.get("status", {}).get("phase") in ("Succeeded", "Failed"):
            continue
        cluster.set_status("pod", pod["metadata"]["name"], {"phase": "Running", "podIP": f"10.0.0.{n + 1}"}, namespace)


def end_pod(cluster, namespace, name, code):
    words = json.dumps({"modelUri": "s3://models/digits/1", "modelDigest": "sha256:" + "a" * 64}) if code == 0 else ""
    ended = {"terminated": {"exitCode": code, "message": words, "finishedAt": "2026-01-01T00:00:00Z"}}
    cluster.set_status("pod", name, {"phase": "Failed" if code else "Succeeded", "containerStatuses": [
        {"name": "worker", "image": "x", "imageID": "x", "ready": False, "restartCount": 0, "state": ended}]}, namespace)


def wait_for_round(cluster, namespace, number):
    wait_until(lambda: status(cluster, namespace).get("round") == number, f"round {number}")


def test_a_restricted_namespace_takes_all_our_pods(cluster, running_operator, namespace):
    cluster.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    submit(cluster, namespace)
    wait_for_pods(cluster, namespace, 2)
    submit_service(cluster, namespace)
    template = wait_for_replicas(cluster, namespace, 1)["spec"]["template"]
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": template["spec"],
           "metadata": {**template["metadata"], "name": "as-the-replica-set-would", "namespace": namespace}}
    cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(pod))
    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    with pytest.raises(Failed, match="violates PodSecurity"):
        cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(pod))


def test_a_full_quota_is_told_and_the_job_goes_on_when_there_is_room(cluster, running_operator, namespace):
    def room_for(pods, used):
        quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small", "namespace": namespace},
                 "spec": {"hard": {"pods": str(pods)}}}
        cluster.apply(quota)
        # The quota controller's work, which this control plane does not run.
        cluster.set_status("resourcequota", "small", {"hard": {"pods": str(pods)}, "used": {"pods": str(used)}}, namespace)

    room_for(1, 0)
    submit(cluster, namespace)
    wait_until(lambda: conditions(cluster, namespace).get("Running", {}).get("reason") == "Refused", "the condition")
    assert "exceeded quota: small" in conditions(cluster, namespace)["Running"]["message"]
    assert len(pods_of(cluster, namespace)) <= 1
    room_for(5, 1)
    wait_for_pods(cluster, namespace, 2)
    wait_until(lambda: conditions(cluster, namespace)["Running"]["reason"] != "Refused", "the condition is taken back")


def test_defaults_of_a_limit_range_are_not_fought(cluster, running_operator, namespace):
    cluster.apply({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "small", "namespace": namespace}, "spec": {
        "limits": [{"type": "Container", "default": {"cpu": "2"}, "defaultRequest": {"cpu": "1"}}]}})
    submit(cluster, namespace)
    pods = wait_for_pods(cluster, namespace, 2)
    assert {pod["spec"]["containers"][0]["resources"]["requests"]["cpu"] for pod in pods} == {"1"}
    before = wait_until_quiet(cluster, namespace)
    cluster.kubectl("annotate", "pod", "digits-0", "-n", namespace, "looked=at")
    after = wait_until_quiet(cluster, namespace)
    assert after.pop(("pods", "digits-0")) != before.pop(("pods", "digits-0"))
    assert after == before


def test_a_webhook_that_is_down_is_told_and_the_job_goes_on_without_it(cluster, running_operator, namespace):
    hook = {"name": "down.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"], "timeoutSeconds": 1,
            "failurePolicy": "Fail", "clientConfig": {"url": "https://127.0.0.1:1/", "caBundle": ""},
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]}
    cluster.apply({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
                   "metadata": {"name": namespace}, "webhooks": [hook]})
    try:
        submit(cluster, namespace)
        wait_until(lambda: "down.example.com" in conditions(cluster, namespace).get("Running", {}).get("message", ""),
                   "the condition Running names the webhook")
        assert pods_of(cluster, namespace) == []
    finally:
        cluster.kubectl("delete", "validatingwebhookconfiguration", namespace)
    wait_for_pods(cluster, namespace, 2)


MANY = 400  # workers: more than are made before somebody who saw the first one can act


def pods_asked_for(cluster, namespace):
    """When the operator asked for each pod."""
    return [datetime.datetime.fromisoformat(event["requestReceivedTimestamp"])
            for event in cluster.audited("cresset-operator", namespace)
            if event["verb"] == "create" and event["objectRef"]["resource"] == "pods"]


def in_the_middle_of_a_start(cluster, namespace, act):
    """Acts when the first of many pods is there; what gives, once all is over, whether that was in the middle: some pods
    were asked for before it, and not all, and none was asked for twice."""
    submit(cluster, namespace, count=MANY)
    wait_until(lambda: pods_of(cluster, namespace), "a first pod")
    begun = datetime.datetime.now(datetime.timezone.utc)
    act()

    def check():
        asked = pods_asked_for(cluster, namespace)
        before = sum(when < begun for when in asked)
        assert 0 < before < MANY, f"{before} of {len(asked)} pods were asked for before"
        assert len(asked) < MANY, "none is begun once the operator saw it"
    return check


def test_a_job_that_is_suspended_while_it_starts_leaves_no_half_of_a_group(cluster, running_operator, namespace):
    check = in_the_middle_of_a_start(
        cluster, namespace, lambda: cluster.api.merge("trainingjobs", namespace, "digits", {"spec": {"suspend": True}}))
    wait_until(lambda: conditions(cluster, namespace).get("Suspended", {}).get("status") == "True", "it is suspended", 60)
    assert not [pod for pod in pods_of(cluster, namespace) if "deletionTimestamp" not in pod["metadata"]]
    wait_until_quiet(cluster, namespace)
    assert pods_of(cluster, namespace) == []
    check()


def test_a_job_that_is_deleted_while_it_starts_leaves_nothing(cluster, running_operator, namespace):
    check = in_the_middle_of_a_start(cluster, namespace, lambda: cluster.delete("trainingjob", "digits", namespace))
    # The garbage collector looks for new kinds, such as ours, every 30 s.
    wait_until(lambda: not everything(cluster, namespace), "all that was made is gone", 90)
    assert wait_until_quiet(cluster, namespace) == {}
    check()


def test_a_job_that_is_made_again_at_once_gets_pods_of_its_own(cluster, running_operator, namespace):
    submit(cluster, namespace)
    old = {pod["metadata"]["uid"] for pod in wait_for_pods(cluster, namespace, 2)}
    cluster.kubectl("delete", "trainingjob", "digits", "-n", namespace)
    made = submit(cluster, namespace)

    def all_new():
        pods = pods_of(cluster, namespace)
        owners = {pod["metadata"]["ownerReferences"][0]["uid"] for pod in pods}
        return len(pods) == 2 and owners == {made["metadata"]["uid"]} and not old & {pod["metadata"]["uid"] for pod in pods}
    wait_until(all_new, "two pods of the new job and none of the old one", 120)


def test_a_pod_that_somebody_elses_finalizer_keeps_is_waited_for_quietly(cluster, running_operator, namespace):
    submit(cluster, namespace)
    wait_for_pods(cluster, namespace, 2)
    run_pods(cluster, namespace)
    wait_for_round(cluster, namespace, 1)
    held = ["patch", "pod", "digits-1", "-n", namespace, "--type=merge", "-p"]
    cluster.kubectl(*held, '{"metadata": {"finalizers": ["example.com/keeps"]}}')
    cluster.kubectl("delete", "pod", "digits-1", "-n", namespace, "--wait=false", "--grace-period=0", "--force")
    wait_until(lambda: conditions(cluster, namespace).get("Restarting", {}).get("status") == "True", "it is told")
    wait_until(lambda: "pod digits-1 is being deleted" in conditions(cluster, namespace)["Running"]["message"], "so is the pod")
    wait_until_quiet(cluster, namespace)
    assert len(pods_of(cluster, namespace)) == 2
    cluster.kubectl(*held, '{"metadata": {"finalizers": null}}')
    wait_until(lambda: all("deletionTimestamp" not in pod["metadata"] for pod in wait_for_pods(cluster, namespace, 2)),
               "it is replaced")


def test_a_worker_that_is_evicted_is_replaced_and_not_charged(cluster, running_operator, namespace):
    submit(cluster, namespace, failurePolicy={"maxRestarts": 0})
    wait_for_pods(cluster, namespace, 2)
    run_pods(cluster, namespace)
    wait_for_round(cluster, namespace, 1)
    # In place of the kubelet, which takes its time to end it.
    held = ["patch", "pod", "digits-1", "-n", namespace, "--type=merge", "-p"]
    cluster.kubectl(*held, '{"metadata": {"finalizers": ["example.com/kubelet"]}}')
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "digits-1", "namespace": namespace}}
    cluster.kubectl("create", "--raw", f"/api/v1/namespaces/{namespace}/pods/digits-1/eviction", "-f", "-",
                    stdin=json.dumps(eviction))
    wait_until(lambda: status(cluster, namespace).get("disruptions") == 1, "it is seen")
    cluster.kubectl(*held, '{"metadata": {"finalizers": null}}')
    wait_until(lambda: all("deletionTimestamp" not in pod["metadata"] for pod in wait_for_pods(cluster, namespace, 2)),
               "it is replaced")
    run_pods(cluster, namespace)
    wait_for_round(cluster, namespace, 2)
    assert (status(cluster, namespace)["restarts"], status(cluster, namespace)["disruptions"]) == (0, 1)


@pytest.mark.parametrize("code", [0, 137])
def test_what_pods_do_while_no_operator_runs_counts_afterwards(cluster, start_operator, namespace, code):
    first = start_operator()
    wait_until(first.ready, "the first operator is ready")
    submit(cluster, namespace)
    wait_for_pods(cluster, namespace, 2)
    run_pods(cluster, namespace)
    wait_for_round(cluster, namespace, 1)
    first.kill()
    for name in ("digits-0", "digits-1") if code == 0 else ("digits-1",):
        end_pod(cluster, namespace, name, code)
    wait_until(start_operator().ready, "the second operator is ready")
    if code == 0:
        wait_until(lambda: conditions(cluster, namespace).get("Complete", {}).get("status") == "True", "it is complete")
        assert status(cluster, namespace)["model"]["uri"] == "s3://models/digits/1"
        return
    wait_until(lambda: cluster.get("pod", "digits-1-r1", namespace), "the dead worker is replaced")
    run_pods(cluster, namespace)
    wait_for_round(cluster, namespace, 2)
    assert status(cluster, namespace)["restarts"] == 1


class Writer(threading.Thread):
    """Somebody who changes the job five times a second."""

    def __init__(self, cluster, path, name):
        super().__init__()
        config = json.loads(cluster.kubectl("config", "view", "--raw", "-o", "json"))
        self.host = config["clusters"][0]["cluster"]["server"].removeprefix("https://")
        self.context = ssl.create_default_context(
            cadata=base64.b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"]).decode())
        user = config["users"][0]["user"]
        with tempfile.NamedTemporaryFile() as pem:
            pem.write(base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"]))
            pem.flush()
            self.context.load_cert_chain(pem.name)
        self.path, self.key = path, name
        self.stopped, self.written = threading.Event(), 0

    def run(self):
        server = http.client.HTTPSConnection(self.host, context=self.context)
        while not self.stopped.wait(0.2):
            body = json.dumps({"metadata": {"annotations": {self.key: str(self.written)}}})
            server.request("PATCH", self.path, body, {"Content-Type": "application/merge-patch+json"})
            answer = server.getresponse()
            answer.read()
            self.written += answer.status == 200


def test_five_who_write_the_job_all_the_time_do_not_hold_it_up(cluster, running_operator, namespace):
    path = f"/apis/cresset.dev/v1alpha1/namespaces/{namespace}/trainingjobs/digits"
    submit(cluster, namespace)
    writers = [Writer(cluster, path, f"writer-{n}") for n in range(5)]
    for writer in writers:
        writer.start()
    try:
        wait_for_pods(cluster, namespace, 2)
        run_pods(cluster, namespace)
        wait_for_round(cluster, namespace, 1)
        cluster.kubectl("patch", "trainingjob", "digits", "-n", namespace, "--type=merge", "-p", '{"spec": {"suspend": true}}')
        wait_until(lambda: conditions(cluster, namespace).get("Suspended", {}).get("status") == "True", "it is suspended")
        wait_until(lambda: sum(writer.written for writer in writers) > 20, "they have written")
        assert all(writer.is_alive() for writer in writers)
    finally:
        for writer in writers:
            writer.stopped.set()
        for writer in writers:
            writer.join()


def test_a_store_without_space_holds_writes_up_and_no_longer(cluster, start_operator, namespace):
    operator = start_operator(args=["--lease-seconds=60"])
    wait_until(operator.ready, "the operator is ready")
    wait_until(lambda: operator.metric("leader_election_master_status") == 1, "it leads")
    pki = cluster.folder / "pki"
    context = ssl.create_default_context(cafile=pki / "etcd-ca.crt")
    context.load_cert_chain(pki / "etcd-client.crt", pki / "etcd-client.key")

    def alarm(action):
        body = json.dumps({"action": action, "alarm": "NOSPACE"}).encode()
        urllib.request.urlopen(urllib.request.Request(cluster.etcd() + "/v3/maintenance/alarm", body), context=context).read()

    def refused():
        return operator.metric("rest_client_requests_total", method="POST", code="500")

    before = refused()
    operator.process.send_signal(signal.SIGSTOP)
    try:
        submit(cluster, namespace)
        alarm("ACTIVATE")
    finally:
        operator.process.send_signal(signal.SIGCONT)
    try:
        wait_until(lambda: refused() >= before + 3, "its creates are refused and tried again")
        assert pods_of(cluster, namespace) == []
        assert operator.process.poll() is None
    finally:
        alarm("DEACTIVATE")
    wait_for_pods(cluster, namespace, 2)
