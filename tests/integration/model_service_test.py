"""A ModelService through the real operator and a real API server. No kubelet and no Deployment controller run:
replicas are ready when a test says so."""
import pytest

from tests.support.cluster import assert_board_labels, make_foreign, raw, reasons_of_events, wait_until

PODS = {"replicas": 0, "selector": {"matchLabels": {"app": "theirs"}},
        "template": {"metadata": {"labels": {"app": "theirs"}},
                     "spec": {"containers": [{"name": "web", "image": "localhost/web:1"}]}}}


def submit(cluster, namespace, name="digits", **spec):
    cluster.apply({"apiVersion": "cresset.dev/v1alpha1", "kind": "ModelService",
                   "metadata": {"name": name, "namespace": namespace},
                   "spec": {"model": {"uri": f"s3://models/{name}/1"}, **spec}})
    return cluster.get("modelservice", name, namespace)


def deployments(cluster, namespace, name="digits"):
    return cluster.list("deployments", namespace, f"cresset.dev/model-service={name}")


def wait_for_replicas(cluster, namespace, count):
    """The only Deployment, once that many replicas are asked for."""
    def asked():
        found = deployments(cluster, namespace)
        return found[0] if [item["spec"]["replicas"] for item in found] == [count] else None
    return wait_until(asked, f"a Deployment of {namespace}/digits asks for {count} replicas")


def make_ready(cluster, namespace):
    found = deployments(cluster, namespace)[0]
    replicas = found["spec"]["replicas"]
    cluster.set_status("deployment", found["metadata"]["name"],
                       {"replicas": replicas, "readyReplicas": replicas}, namespace)


def status(cluster, namespace, name="digits"):
    return cluster.get("modelservice", name, namespace).get("status", {})


def conditions(cluster, namespace):
    return {item["type"]: item for item in status(cluster, namespace).get("conditions", [])}


def wait_for_reason(cluster, namespace, reason):
    return wait_until(lambda: (lambda found: found if found.get("Ready", {}).get("reason") == reason else None)(
        conditions(cluster, namespace)), f"the condition Ready says {reason}")


def owners(thing):
    return [(owner["kind"], owner["uid"]) for owner in thing["metadata"].get("ownerReferences", [])]


@pytest.fixture
def revision(cluster, running_operator, namespace):
    """The name of the Deployment that a service of these tests gets."""
    submit(cluster, namespace)
    name = wait_for_replicas(cluster, namespace, 1)["metadata"]["name"]
    cluster.kubectl("delete", "modelservice", "digits", "-n", namespace)
    # The garbage collector looks for new kinds, such as ours, every 30 s.
    for kind in ("deployments", "services", "networkpolicies"):
        wait_until(lambda kind=kind: not cluster.list(kind, namespace), f"the {kind} are gone", 90)
    return name


def test_a_service_gets_children_that_it_owns_and_says_when_it_is_ready(cluster, running_operator, namespace):
    made = submit(cluster, namespace)
    wait_for_replicas(cluster, namespace, 1)
    wait_until(lambda: status(cluster, namespace).get("state") == "Starting", "the state Starting")
    children = [item for kind in ("deployments", "services", "networkpolicies")
                for item in cluster.list(kind, namespace)]
    assert sorted(item["kind"] for item in children) == ["Deployment", "NetworkPolicy", "NetworkPolicy", "Service"]
    assert {owner for item in children for owner in owners(item)} == {("ModelService", made["metadata"]["uid"])}
    for child in children:
        assert_board_labels(child, "digits")
    wait_until(lambda: "RevisionStarted" in reasons_of_events(cluster, made), "an event about the service")
    make_ready(cluster, namespace)
    wait_for_reason(cluster, namespace, "Serving")


@pytest.mark.parametrize("kind, spec", [("Service", {"ports": [{"port": 80}], "selector": {"app": "theirs"}}),
                                        ("NetworkPolicy", {"podSelector": {"matchLabels": {"app": "theirs"}}}),
                                        ("Deployment", PODS)], ids=["service", "policy", "deployment"])
def test_a_foreign_object_stays_and_is_told(cluster, revision, namespace, kind, spec):
    name = revision if kind == "Deployment" else "digits-serving"
    theirs = make_foreign(cluster, namespace, kind, name, spec)
    made = submit(cluster, namespace)
    found = wait_for_reason(cluster, namespace, "Refused")
    for condition in ("Ready", "RolledOut"):
        assert found[condition]["status"] == "False"
        assert f"{kind} {namespace}/{name} exists and belongs to somebody else" in found[condition]["message"]
        assert "written with kubectl" in found[condition]["message"]
        assert "delete it, or give the ModelService another name" in found[condition]["message"]
    assert status(cluster, namespace)["state"] == "Failed"
    assert raw(cluster, namespace, kind, name) == theirs

    cluster.kubectl("delete", kind, name, "-n", namespace)
    wait_for_reason(cluster, namespace, "Starting")
    assert owners(cluster.get(kind, name, namespace)) == [("ModelService", made["metadata"]["uid"])]
    make_ready(cluster, namespace)
    wait_for_reason(cluster, namespace, "Serving")


def test_a_foreign_object_outlives_a_service_that_wanted_its_name(cluster, revision, namespace):
    theirs = make_foreign(cluster, namespace, "Service", "digits-serving", {"ports": [{"port": 80}]})
    submit(cluster, namespace)
    wait_for_reason(cluster, namespace, "Refused")
    cluster.kubectl("delete", "modelservice", "digits", "-n", namespace)
    wait_until(lambda: not deployments(cluster, namespace), "the garbage collector took what was the service's", 90)
    assert raw(cluster, namespace, "Service", "digits-serving") == theirs


def test_what_somebody_changes_of_a_child_is_put_back(cluster, running_operator, namespace):
    submit(cluster, namespace)
    revision = wait_for_replicas(cluster, namespace, 1)["metadata"]["name"]
    wait_until(lambda: cluster.get("service", "digits-serving", namespace), "the Service")
    for kind, name, patch in (("networkpolicy", "digits-serving", {"ingress": [{}]}),
                              ("networkpolicy", revision, {"egress": [{}]}),
                              ("networkpolicy", revision, {"policyTypes": ["Ingress"]}),
                              ("service", "digits-serving", {"selector": {"cresset.dev/revision": "nowhere"}})):
        before = cluster.get(kind, name, namespace)
        cluster.api.merge(kind, namespace, name, {"spec": patch})
        wait_until(lambda kind=kind, name=name, before=before:
                   cluster.get(kind, name, namespace)["spec"] == before["spec"], f"the {kind} {name} is as before")


def test_a_policy_for_what_a_revision_may_reach_comes_before_it_and_goes_with_it(cluster, running_operator, namespace):
    def limited():
        return {item["metadata"]["name"] for item in cluster.list("networkpolicies", namespace)
                if item["spec"]["policyTypes"] == ["Egress"]}
    submit(cluster, namespace)
    first = wait_for_replicas(cluster, namespace, 1)["metadata"]["name"]
    assert limited() == {first}
    make_ready(cluster, namespace)
    wait_for_reason(cluster, namespace, "Serving")
    cluster.api.merge("modelservice", namespace, "digits", {"spec": {"drainSeconds": 5}})
    wait_until(lambda: len(deployments(cluster, namespace)) == 2, "the next revision")
    assert len(limited()) == 2 and first in limited()
    make_ready(cluster, namespace)
    wait_until(lambda: len(limited()) == 1 and first not in limited(), "the first one's policy goes with it")


def test_kubectl_scale_changes_the_replicas_of_a_service_without_scaling(cluster, running_operator, namespace):
    submit(cluster, namespace)
    first = wait_for_replicas(cluster, namespace, 1)
    cluster.kubectl("scale", "modelservice", "digits", "-n", namespace, "--replicas=2")
    scaled = wait_for_replicas(cluster, namespace, 2)
    assert scaled["metadata"]["uid"] == first["metadata"]["uid"]
    make_ready(cluster, namespace)
    wait_until(lambda: status(cluster, namespace).get("replicas") == 2, "the status counts two")
    cluster.kubectl("scale", "modelservice", "digits", "-n", namespace, "--replicas=0", "--current-replicas=2")
    wait_for_replicas(cluster, namespace, 0)


def test_kubectl_scale_is_not_obeyed_while_the_load_decides(cluster, running_operator, namespace):
    submit(cluster, namespace, scaling={"min": 1, "max": 4})
    wait_for_replicas(cluster, namespace, 1)
    cluster.kubectl("scale", "modelservice", "digits", "-n", namespace, "--replicas=3")
    looked = cluster.get("modelservice", "digits", namespace)["metadata"]["generation"]
    wait_until(lambda: status(cluster, namespace).get("observedGeneration") == looked, "the operator saw it")
    assert [item["spec"]["replicas"] for item in deployments(cluster, namespace)] == [1]
