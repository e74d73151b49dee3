"""Nobody writes a TrainingJob or ModelService who could not make its pods: the chart's ValidatingAdmissionPolicy on a
real API server."""
import itertools
import subprocess

import pytest

from tests.support.api import Api, Refused
from tests.support.cluster import cache, wait_until
from tests.integration.conftest import ROOT, SYSTEM
from tests.integration.training_job_test import job

SERVICE = {"apiVersion": "cresset.dev/v1alpha1", "kind": "ModelService", "metadata": {"name": "digits"},
           "spec": {"model": {"uri": "s3://models/digits/1"}}}


@pytest.fixture(scope="module", autouse=True)
def policy(cluster):
    """The chart's policy, in force, and gone after these tests."""
    chart = subprocess.run([cache() / "helm" / "4" / "helm", "template", "cresset", ROOT / "helm" / "cresset", "-n", SYSTEM,
                            "--show-only", "templates/admission.yaml"], capture_output=True, text=True, check=True)
    cluster.apply(chart.stdout)
    yield
    for kind in ("validatingadmissionpolicybinding", "validatingadmissionpolicy"):
        cluster.kubectl("delete", kind, "cresset-authors")


@pytest.fixture
def author(cluster, namespace):
    """author(rule...) -> a function that writes an object as an account which may only do that."""
    def make(*rules):
        cluster.create_account("author", namespace)
        rules = [{"apiGroups": ["cresset.dev"], "resources": ["trainingjobs", "modelservices"],
                  "verbs": ["get", "create", "patch", "update"]}, *rules]
        meta = {"name": "author", "namespace": namespace}
        cluster.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": meta, "rules": rules})
        cluster.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": meta,
                       "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "author"},
                       "subjects": [{"kind": "ServiceAccount", "name": "author", "namespace": namespace}]})
        api = Api(cluster.account_kubeconfig("author", namespace))

        def write(thing):
            api.apply(thing, namespace)
        return write
    return make


PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}
TRAINER = {"apiGroups": [""], "resources": ["serviceaccounts"], "resourceNames": ["trainer"], "verbs": ["impersonate"]}


def refusal(write, thing):
    """What the API server says. A policy that was just made takes a moment to be in force, hence another name each
    time: writing again what is there changes no spec, and that is let through."""
    numbers = itertools.count()

    def try_it():
        try:
            write({**thing, "metadata": {"name": f"try-{next(numbers)}"}})
        except Refused as error:
            return str(error)
        return None
    return wait_until(try_it, "a refusal", 20)


@pytest.mark.parametrize("thing", [job("digits"), SERVICE], ids=["TrainingJob", "ModelService"])
def test_who_may_not_create_pods_may_not_have_them_created(author, namespace, thing):
    write = author()
    words = refusal(write, thing)
    assert f"may not create pods in namespace {namespace}" in words
    assert f"a {thing['kind']} makes pods there" in words


@pytest.mark.parametrize("thing", [job("digits"), SERVICE], ids=["TrainingJob", "ModelService"])
def test_who_may_create_pods_may_write_both_kinds(author, thing):
    author(PODS)(thing)


def test_who_may_edit_a_namespace_may_write_both_kinds_and_scale_them(cluster, namespace):
    access = subprocess.run([cache() / "helm" / "4" / "helm", "template", "cresset", ROOT / "helm" / "cresset", "-n", SYSTEM,
                             "--show-only", "templates/rbac.yaml"], capture_output=True, text=True, check=True)
    cluster.apply(access.stdout)
    account = f"system:serviceaccount:{namespace}:editor"
    cluster.kubectl("create", "rolebinding", "editor", "--clusterrole=edit", f"--serviceaccount={namespace}:editor",
                    "-n", namespace)
    # The aggregation of roles is a controller's work, which this control plane does not run: its labels are what we write.
    for role, into in (("cresset-edit", "edit"), ("cresset-view", "view")):
        labels = cluster.get("clusterrole", role)["metadata"]["labels"]
        assert labels[f"rbac.authorization.k8s.io/aggregate-to-{into}"] == "true"
    cluster.kubectl("create", "rolebinding", "cresset", "--clusterrole=cresset-edit",
                    f"--serviceaccount={namespace}:editor", "-n", namespace)
    for verb, resource in (("create", "trainingjobs.cresset.dev"), ("delete", "modelservices.cresset.dev"),
                           ("patch", "modelservices.cresset.dev/scale")):
        answer = cluster.kubectl("auth", "can-i", verb, resource, "-n", namespace, f"--as={account}")
        assert answer.strip() == "yes", (verb, resource)


def with_account(kind, name):
    if kind == "template":
        return job("digits", workers={"template": {"spec": {"serviceAccountName": name}}})
    if kind == "alias":  # the older name, which the API server still takes where the other is empty
        return job("digits", workers={"template": {"spec": {"serviceAccountName": "", "serviceAccount": name}}})
    if kind == "workers":
        return job("digits", workers={"serviceAccountName": name})
    return {**SERVICE, "spec": {**SERVICE["spec"], "serviceAccountName": name}}


@pytest.mark.parametrize("kind", ["workers", "template", "alias", "service"])
def test_a_service_account_that_the_author_may_not_use_is_refused_by_name(author, kind):
    write = author(PODS, TRAINER)
    words = refusal(write, with_account(kind, "admin"))
    assert "serviceAccountName is admin" in words
    write(with_account(kind, "trainer"))


HOST = {"apiGroups": ["cresset.dev"], "resources": ["trainingjobs"], "verbs": ["hostaccess"]}
REACHES_INTO_THE_NODE = [
    ({"hostNetwork": True}, "hostNetwork"), ({"hostPID": True, "hostIPC": True}, "hostPID, hostIPC"),
    ({"volumes": [{"name": "root", "hostPath": {"path": "/"}}]}, "volumes[].hostPath"),
    ({"containers": [{"name": "worker", "securityContext": {"privileged": True}}]}, "containers[].securityContext.privileged"),
    ({"initContainers": [{"name": "first", "securityContext": {"privileged": True}}]}, "initContainers[].securityContext.privileged"),
    ({"containers": [{"name": "worker", "ports": [{"containerPort": 80, "hostPort": 80}]}]}, "containers[].ports[].hostPort"),
    ({"initContainers": [1, {"name": "first", "ports": [1, {"containerPort": 80, "hostPort": 80}]}]}, "initContainers[].ports[].hostPort"),
    ({"containers": [{"name": "worker", "securityContext": {"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE", "SYS_ADMIN"]}}}]},
     "containers[].securityContext.capabilities.add"),
    ({"initContainers": [{"name": "first", "securityContext": {"capabilities": {"add": ["NET_RAW"]}}}]},
     "initContainers[].securityContext.capabilities.add"),
    ({"securityContext": {"windowsOptions": {"hostProcess": True}}}, "securityContext.windowsOptions.hostProcess"),
    ({"containers": [{"name": "worker", "securityContext": {"windowsOptions": {"hostProcess": True}}}]},
     "containers[].securityContext.windowsOptions.hostProcess"),
    ({"initContainers": [{"name": "first", "securityContext": {"windowsOptions": {"hostProcess": True}}}]},
     "initContainers[].securityContext.windowsOptions.hostProcess")]


@pytest.mark.parametrize("spec, fields", REACHES_INTO_THE_NODE, ids=[fields for _, fields in REACHES_INTO_THE_NODE])
def test_a_template_that_reaches_into_the_node_is_refused_by_its_fields(author, namespace, spec, fields):
    words = refusal(author(PODS), job("digits", workers={"template": {"spec": spec}}))
    assert f"spec.workers.template.spec sets {fields}, which reaches into the node" in words
    assert f"may not have that in namespace {namespace} (verb hostaccess on trainingjobs.cresset.dev)" in words


@pytest.mark.parametrize("spec", [spec for spec, _ in REACHES_INTO_THE_NODE])
def test_who_was_given_host_access_may_write_such_a_template(author, spec):
    author(PODS, HOST)(job("digits", workers={"template": {"spec": spec}}))


@pytest.mark.parametrize("template", [
    {}, {"metadata": {"labels": {"a": "b"}}}, {"spec": {"volumes": [1, {"name": "a", "emptyDir": {}}], "containers": [1]}},
    {"spec": {"hostNetwork": False, "hostPID": None, "containers": "none", "volumes": {}}},
    {"spec": {"containers": [{"name": "worker", "securityContext": {"privileged": False, "runAsUser": 1000}}]}},
    {"spec": {"containers": [{"name": "worker", "ports": [{"containerPort": 80}, {"containerPort": 81, "hostPort": 0}, {"hostPort": None}]}]}},
    {"spec": {"containers": [{"name": "worker", "ports": "none", "securityContext": {"capabilities": {"drop": ["ALL"], "add": None}}}],
              "initContainers": [{"name": "first", "securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE"]}}}]}},
    {"spec": {"securityContext": {"windowsOptions": {"hostProcess": False}}, "containers": [{"name": "worker", "securityContext": None}]}}], ids=str)
def test_any_other_template_is_let_through_to_whoever_reads_it(author, template):
    author(PODS)(job("digits", workers={"template": template}))


def test_a_controller_that_changes_metadata_alone_is_let_through(author, cluster, namespace):
    author(PODS)(job("digits"))
    cluster.kubectl("delete", "role", "author", "-n", namespace)
    cluster.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
                   "metadata": {"name": "author", "namespace": namespace},
                   "rules": [{"apiGroups": ["cresset.dev"], "resources": ["trainingjobs"], "verbs": ["get", "patch"]}]})
    cluster.kubectl("label", "trainingjob", "digits", "-n", namespace, "touched=yes",
                    kubeconfig=cluster.account_kubeconfig("author", namespace))
