"""A TrainingJob through the real operator and a real API server. No kubelet runs: a pod stays Pending unless
a test says otherwise."""
import json
import time

import pytest

from tests.support.cluster import assert_board_labels, make_foreign, raw, reasons_of_events, wait_until


def job(name, count=2, workers=None, **spec):
    return {"apiVersion": "cresset.dev/v1alpha1", "kind": "TrainingJob", "metadata": {"name": name},
            "spec": {"workers": {"count": count, **(workers or {})},
                     "training": {"model": {"architecture": "mlp"},
                                  "data": {"train": {"uri": "s3://data/train.parquet"}, "label": "y"}},
                     "output": {"uri": f"s3://models/{name}"}, **spec}}


def submit(cluster, namespace, name="digits", **kwargs):
    made = job(name, **kwargs)
    made["metadata"]["namespace"] = namespace
    cluster.apply(made)
    return cluster.get("trainingjob", name, namespace)


def pods_of(cluster, namespace, name="digits"):
    return cluster.list("pods", namespace, f"cresset.dev/training-job={name}")


def wait_for_pods(cluster, namespace, count, name="digits"):
    return wait_until(lambda: (lambda pods: pods if len(pods) == count else None)(pods_of(cluster, namespace, name)),
                      f"{count} pods of {namespace}/{name}")


def everything(cluster, namespace):
    """Each object's identity and version; equal twice means that nothing was written in between."""
    found = {}
    for kind in ("trainingjobs", "pods", "services", "networkpolicies"):
        for item in cluster.list(kind, namespace):
            meta = item["metadata"]
            found[kind, meta["name"]] = (meta["uid"], meta["resourceVersion"])
    return found


def wait_until_quiet(cluster, namespace, seconds=1.5):
    """The state once it has not moved for a while."""
    state, since = everything(cluster, namespace), time.monotonic()
    end = since + 30
    while time.monotonic() - since < seconds:
        assert time.monotonic() < end, "the operator never stops writing"
        time.sleep(0.1)
        now = everything(cluster, namespace)
        if now != state:
            state, since = now, time.monotonic()
    return state


def conditions(cluster, namespace, name="digits"):
    status = cluster.get("trainingjob", name, namespace).get("status", {})
    return {item["type"]: item for item in status.get("conditions", [])}


def test_a_job_becomes_pods_and_a_service_that_it_owns(cluster, running_operator, namespace):
    made = submit(cluster, namespace)
    pods = wait_for_pods(cluster, namespace, 2)
    services = wait_until(lambda: cluster.list("services", namespace), "the job's service")
    policies = wait_until(lambda: cluster.list("networkpolicies", namespace), "the job's policy")
    for child in pods + services + policies:
        owners = child["metadata"]["ownerReferences"]
        assert [(owner["kind"], owner["uid"], owner.get("controller")) for owner in owners] == \
            [("TrainingJob", made["metadata"]["uid"], True)]
        assert_board_labels(child, "digits")
    assert services[0]["spec"]["clusterIP"] == "None"
    assert {pod["metadata"]["labels"]["cresset.dev/worker-index"] for pod in pods} == {"0", "1"}
    images = {container["image"] for pod in pods for container in pod["spec"]["containers"]}
    assert images == {"localhost/cresset-worker:test"}
    cluster.kubectl("patch", "trainingjob", "digits", "-n", namespace, "--type=merge", "-p", '{"spec": {"suspend": true}}')
    wait_until(lambda: "Suspended" in reasons_of_events(cluster, made), "an event about the job")


def test_starting_a_job_of_four_costs_at_most_eight_writes_and_standing_still_none(
        cluster, running_operator, namespace):
    submit(cluster, namespace, count=4)
    wait_for_pods(cluster, namespace, 4)
    wait_until_quiet(cluster, namespace)
    started = cluster.writes("cresset-operator", namespace)
    assert len(started) <= 8, started
    assert started.count(("create", "pods")) == 4
    cluster.kubectl("annotate", "trainingjob", "digits", "-n", namespace, "looked=at")
    wait_until_quiet(cluster, namespace)
    assert cluster.writes("cresset-operator", namespace) == started


def test_an_operator_that_was_killed_changes_nothing_when_it_comes_back(cluster, start_operator, namespace):
    first = start_operator()
    wait_until(first.ready, "the first operator is ready")
    submit(cluster, namespace)
    wait_for_pods(cluster, namespace, 2)
    before = wait_until_quiet(cluster, namespace)
    first.kill()
    second = start_operator()
    wait_until(second.ready, "the second operator is ready")
    wait_until(lambda: second.metric("controller_runtime_reconcile_total", controller="trainingjob") >= 1,
               "the second operator has looked at the job")
    assert wait_until_quiet(cluster, namespace) == before


def test_a_pod_that_somebody_deletes_comes_back(cluster, running_operator, namespace):
    submit(cluster, namespace)
    victim = wait_for_pods(cluster, namespace, 2)[0]
    cluster.kubectl("delete", "pod", victim["metadata"]["name"], "-n", namespace, "--wait=false", "--grace-period=0",
                    "--force")
    uids = wait_until(
        lambda: (lambda found: found if len(found) == 2 and victim["metadata"]["uid"] not in found else None)(
            {pod["metadata"]["uid"] for pod in pods_of(cluster, namespace)}), "the pod came back")
    assert len(uids) == 2


def test_a_template_that_somebody_else_put_into_the_annotation_is_never_used(cluster, start_operator, namespace):
    operator = start_operator()
    made = submit(cluster, namespace)
    kept = "cresset.dev/pod-template"

    def service():
        return cluster.get("service", "digits-workers", namespace)

    wait_for_pods(cluster, namespace, 2)
    wait_until(lambda: "templateDigest" in cluster.get("trainingjob", "digits", namespace).get("status", {}), "the digest")
    ours = service()["metadata"]["annotations"][kept]
    theirs = json.loads(ours)
    theirs["spec"].update(hostPID=True, serviceAccountName="admin")
    operator.terminate()  # so that the next one finds both at once
    cluster.kubectl("annotate", "service", "digits-workers", "-n", namespace, "--overwrite", f"{kept}={json.dumps(theirs)}")
    cluster.kubectl("delete", "pod", "digits-1", "-n", namespace, "--grace-period=0", "--force")
    start_operator()
    wait_until(lambda: "TemplateChanged" in reasons_of_events(cluster, made), "an event that tells of it")
    wait_until(lambda: service()["metadata"]["annotations"][kept] == ours, "the template of the job is back")
    for pod in wait_for_pods(cluster, namespace, 2):
        assert "hostPID" not in pod["spec"] and pod["spec"].get("serviceAccountName") != "admin"


def test_a_template_that_the_api_server_refuses_becomes_a_condition_with_its_words(
        cluster, running_operator, namespace):
    submit(cluster, namespace, workers={"template": {"spec": {"dnsPolicy": "Sometimes"}}})
    running = wait_until(lambda: conditions(cluster, namespace).get("Running"), "the condition Running")
    assert (running["status"], running["reason"]) == ("False", "Refused")
    assert "spec.dnsPolicy" in running["message"] and "Sometimes" in running["message"]
    assert pods_of(cluster, namespace) == []


def test_a_field_of_the_template_that_no_pod_has_becomes_a_condition_that_names_it(
        cluster, running_operator, namespace):
    submit(cluster, namespace, workers={"template": {"spec": {"tolerationz": []}}})
    running = wait_until(lambda: conditions(cluster, namespace).get("Running"), "the condition Running")
    assert (running["status"], running["reason"]) == ("False", "Refused")
    assert 'unknown field "spec.tolerationz"' in running["message"], running["message"]
    assert pods_of(cluster, namespace) == []


def nested(depth):
    return {"in": nested(depth - 1)} if depth else {}


@pytest.mark.parametrize("template, words", [
    ({"spec": nested(300)}, "spec.workers.template is nested more than 64 deep"),
    ({"spec": {"containers": [1]}}, "spec.workers.template.spec.containers[0] must be an object, found integer"),
    ({"metadata": 1}, "spec.workers.template.metadata must be an object, found integer"),
    ({"metadata": {"annotations": {"a": "x" * 131072}}}, "bytes as JSON; at most 131072 are allowed"),
], ids=["deep", "a list of numbers", "a number", "large"])
def test_a_template_that_is_no_pods_fails_its_job_and_holds_up_no_other(
        cluster, running_operator, namespace, template, words):
    submit(cluster, namespace, workers={"template": template})
    failed = wait_until(lambda: conditions(cluster, namespace).get("Failed"), "the condition Failed")
    assert (failed["status"], failed["reason"]) == ("True", "InvalidSpec")
    assert words in failed["message"], failed["message"]
    submit(cluster, namespace, "other")
    wait_for_pods(cluster, namespace, 2, "other")
    assert pods_of(cluster, namespace) == []


@pytest.mark.parametrize("kind, spec", [("Service", {"ports": [{"port": 80}], "selector": {"app": "theirs"}}),
                                        ("NetworkPolicy", {"podSelector": {"matchLabels": {"app": "theirs"}}})],
                         ids=["service", "policy"])
def test_a_foreign_object_stays_and_is_told(cluster, running_operator, namespace, kind, spec):
    theirs = make_foreign(cluster, namespace, kind, "digits-workers", spec)
    made = submit(cluster, namespace)
    running = wait_until(lambda: conditions(cluster, namespace).get("Running"), "the condition Running")
    assert (running["status"], running["reason"]) == ("False", "Refused")
    assert f"{kind} {namespace}/digits-workers exists and belongs to somebody else" in running["message"]
    assert "written with kubectl" in running["message"]
    assert "delete it, or give the TrainingJob another name" in running["message"]
    wait_until_quiet(cluster, namespace)
    assert raw(cluster, namespace, kind, "digits-workers") == theirs
    cluster.kubectl("delete", kind, "digits-workers", "-n", namespace)
    wait_for_pods(cluster, namespace, 2)
    ours = cluster.get(kind, "digits-workers", namespace)
    assert [owner["uid"] for owner in ours["metadata"]["ownerReferences"]] == [made["metadata"]["uid"]]


def test_kubectl_scale_changes_the_number_of_workers(cluster, running_operator, namespace):
    submit(cluster, namespace, count=1)
    wait_for_pods(cluster, namespace, 1)
    cluster.kubectl("scale", "trainingjob", "digits", "-n", namespace, "--replicas=3")
    pods = wait_for_pods(cluster, namespace, 3)
    assert {pod["metadata"]["labels"]["cresset.dev/worker-index"] for pod in pods} == {"0", "1", "2"}
    cluster.kubectl("scale", "trainingjob", "digits", "-n", namespace, "--replicas=2")
    # No kubelet runs, so a pod that was deleted may stay and say so.
    wait_until(lambda: len([pod for pod in pods_of(cluster, namespace)
                            if "deletionTimestamp" not in pod["metadata"]]) == 2, "one worker goes")
    scale = json.loads(cluster.kubectl("get", "--raw", "/apis/cresset.dev/v1alpha1/namespaces/"
                                       f"{namespace}/trainingjobs/digits/scale"))
    assert scale["spec"]["replicas"] == 2
    assert scale["status"]["selector"] == "cresset.dev/training-job=digits"


def test_deleting_a_job_deletes_all_that_it_owned(cluster, running_operator, namespace):
    submit(cluster, namespace)
    wait_for_pods(cluster, namespace, 2)
    cluster.kubectl("delete", "trainingjob", "digits", "-n", namespace)
    # The garbage collector looks for new kinds, such as ours, every 30 s.
    wait_until(lambda: not pods_of(cluster, namespace), "the pods are gone", 90)
    wait_until(lambda: not cluster.list("services", namespace), "the service is gone", 90)


def test_a_job_that_is_deleted_in_the_foreground_goes_after_its_children(cluster, running_operator, namespace):
    submit(cluster, namespace)
    wait_for_pods(cluster, namespace, 2)
    held = ["patch", "pod", "digits-1", "-n", namespace, "--type=merge", "-p"]
    cluster.kubectl(*held, '{"metadata": {"finalizers": ["example.com/keeps"]}}')
    cluster.kubectl("delete", "trainingjob", "digits", "-n", namespace, "--cascade=foreground", "--wait=false")
    # The garbage collector looks for new kinds, such as ours, every 30 s.
    wait_until(lambda: [name for _, name in everything(cluster, namespace)] == ["digits", "digits-1"],
               "all but the pod that is kept, and the job, is gone", 90)
    wait_until_quiet(cluster, namespace)
    assert [pod["metadata"]["name"] for pod in pods_of(cluster, namespace)] == ["digits-1"], "and none is made again"
    cluster.kubectl(*held, '{"metadata": {"finalizers": null}}')
    wait_until(lambda: not everything(cluster, namespace), "the job is gone too", 90)


def test_a_job_whose_name_is_generated_has_children_of_that_name(cluster, running_operator, namespace):
    wanted = job("digits")
    wanted["metadata"] = {"generateName": "digits-", "namespace": namespace}
    name = cluster.create(wanted)["metadata"]["name"]
    assert name.startswith("digits-") and len(name) > len("digits-")
    pods = wait_for_pods(cluster, namespace, 2, name)
    assert {pod["metadata"]["name"] for pod in pods} == {f"{name}-0", f"{name}-1"}
    assert {pod["spec"]["subdomain"] for pod in pods} == {f"{name}-workers"}
    assert wait_until(lambda: cluster.get("service", f"{name}-workers", namespace), "the Service of that name")
