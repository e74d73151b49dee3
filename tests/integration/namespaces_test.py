"""Operator and gateway with an account that the chart gave Roles in some namespaces, and nothing else."""
import json
import subprocess
import urllib.error
import urllib.request

import pytest

from tests.integration.conftest import ROOT
from tests.integration.model_service_test import submit as submit_service
from tests.integration.training_job_test import pods_of, submit, wait_for_pods
from tests.support.cluster import BUILD, cache, wait_until
from tests.support.operator import free_port

RELEASE = "cresset-named"


@pytest.fixture(scope="module")
def release(cluster):
    """The namespace of a release that no ClusterRole of other tests is bound to."""
    cluster.create_namespace(RELEASE)
    for account in ("cresset-operator", "cresset-gateway"):
        cluster.create_account(account, RELEASE)
    yield RELEASE
    for kind in ("clusterrolebinding", "clusterrole"):
        cluster.kubectl("delete", kind, "cresset-token-reviews", "--ignore-not-found")
    cluster.delete("namespace", RELEASE)


@pytest.fixture
def give_roles(cluster, release):
    """give_roles(NAMESPACE...): what the chart makes for a release that works in these."""
    def give(*namespaces):
        chart = subprocess.run([cache() / "helm" / "4" / "helm", "template", "cresset", ROOT / "helm" / "cresset", "-n", release,
                                "--set", f"namespaces={{{','.join(namespaces)}}}", "--show-only", "templates/rbac.yaml",
                                "--show-only", "templates/rbac_namespaces.yaml"], capture_output=True, text=True, check=True)
        cluster.apply(chart.stdout)
    return give


@pytest.fixture
def spaces(cluster, namespace):
    """Three namespaces of the test's own."""
    names = [namespace, f"{namespace}-b", f"{namespace}-c"]
    for name in names[1:]:
        cluster.create_namespace(name)
    yield names
    for name in names[1:]:
        cluster.delete("namespace", name)


@pytest.fixture
def operator_in(cluster, release, start_operator):
    """operator_in(NAMESPACE...): an operator that is told to work in these, with the release's account or another."""
    def start(*namespaces, kubeconfig=None):
        return start_operator(kubeconfig=kubeconfig or cluster.account_kubeconfig("cresset-operator", release),
                              namespace=release, args=[f"--watch-namespace={name}" for name in namespaces])
    return start


def refused(verb, resource, namespace):
    return f'cannot {verb} resource "{resource}" in API group "cresset.dev" in the namespace "{namespace}"'


def test_jobs_and_services_of_named_namespaces_get_their_pods_and_others_are_left_alone(cluster, give_roles, spaces, operator_in):
    one, two, elsewhere = spaces
    give_roles(one, two)
    submit(cluster, elsewhere)
    operator = operator_in(one, two)
    wait_until(operator.ready, f"the operator is ready; {operator.log}")
    for name in (one, two):
        submit(cluster, name)
        submit_service(cluster, name, "served")
    for name in (one, two):
        wait_for_pods(cluster, name, 2)
        wait_until(lambda name=name: cluster.list("deployments", name), f"the Deployment in {name}")
        wait_until(lambda name=name: (cluster.get("trainingjob", "digits", name).get("status") or {}).get("conditions"),
                   f"conditions of the job in {name}")
    assert operator.http("/readyz") == (200, "ok\n")
    assert pods_of(cluster, elsewhere) == []
    assert "status" not in cluster.get("trainingjob", "digits", elsewhere)
    assert cluster.writes("cresset-operator", elsewhere) == []
    assert "is forbidden" not in operator.log.read_text(), "the Roles have all that it uses"


def test_a_namespace_without_its_role_is_named_by_readyz_while_the_others_are_looked_after(cluster, give_roles, spaces, operator_in):
    granted, denied, _ = spaces
    give_roles(granted)
    operator = operator_in(granted, denied)
    for name in (granted, denied):
        submit(cluster, name)
    wait_for_pods(cluster, granted, 2)
    wait_until(lambda: refused("list", "trainingjobs", denied) in operator.http("/readyz")[1], "readyz names verb and namespace")
    status, text = operator.http("/readyz")
    assert status == 200, "one tenant's Role is no reason to take the operator from all"
    assert f'in the namespace "{granted}"' not in text
    assert pods_of(cluster, denied) == []
    give_roles(granted, denied)
    wait_until(operator.ready, "the operator is ready once it has the Role", 90)
    wait_for_pods(cluster, denied, 2)


def test_a_namespace_that_does_not_exist_is_named_by_readyz_until_it_does(cluster, release, spaces, operator_in, request):
    missing = f"{spaces[0]}-d"
    # Even an account that may do everything gets an empty list there, and no error.
    operator = operator_in(spaces[0], missing, kubeconfig=cluster.kubeconfig)
    wait_until(lambda: f'there is no namespace "{missing}"' in operator.http("/readyz")[1], "readyz names the namespace")
    wait_until(lambda: operator.http("/readyz")[0] == 200, "the other one is looked after")
    cluster.create_namespace(missing)
    request.addfinalizer(lambda: cluster.delete("namespace", missing))
    wait_until(operator.ready, "the operator is ready once it is there", 60)


@pytest.fixture
def gateway_in(cluster, release, tmp_path):
    """gateway_in(NAMESPACE...): asks a gateway that is told to serve these; gives status and body of a path."""
    started = []

    def start(*namespaces):
        port = free_port()
        with open(tmp_path / "gateway.log", "w") as log:
            started.append(subprocess.Popen(
                [BUILD / "operator" / "cresset", "gateway", f"--namespace={release}", "--address=127.0.0.1", f"--port={port}",
                 f"--kubeconfig={cluster.account_kubeconfig('cresset-gateway', release)}",
                 *(f"--watch-namespace={name}" for name in namespaces)], stdout=log, stderr=subprocess.STDOUT))

        def ask(path):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, error.read().decode()
            except OSError as error:
                return 0, str(error)
        return ask

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_gateway_serves_the_named_namespaces_names_the_one_it_may_not_see_and_is_ready_for_the_rest(
        cluster, give_roles, spaces, gateway_in):
    granted, denied, elsewhere = spaces
    give_roles(granted)
    for name in spaces:
        submit_service(cluster, name, "served")
    ask = gateway_in(granted, denied)
    wait_until(lambda: refused("list", "modelservices", denied) in ask("/readyz")[1], "readyz names verb and namespace")
    wait_until(lambda: ask("/readyz")[0] == 200, "the gateway is ready for the rest")
    assert ask(f"/{granted}/served/v2/models/served")[0] == 401, "the service is known, and wants a token"
    assert ask(f"/{denied}/served/v2/models/served")[0] == 503
    status, body = ask(f"/{elsewhere}/served/v2/models/served")
    assert status == 404
    assert json.loads(body)["error"].startswith(f'this gateway does not serve namespace "{elsewhere}"')
    give_roles(granted, denied)
    wait_until(lambda: ask("/readyz") == (200, "ok\n"), "the gateway sees the other too once it has the Role", 90)
