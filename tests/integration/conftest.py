"""One real kube-apiserver for all integration tests, with the CRDs and the chart's RBAC."""
import contextlib
import hashlib
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

from tests.support.cluster import BUILD, Cluster, cache, wait_until  # noqa: E402

SYSTEM = "cresset-system"


@pytest.fixture(scope="session")
def crds():
    return [path.read_text() for path in sorted((ROOT / "helm/cresset/schemas").glob("*.yaml"))]


@contextlib.contextmanager
def plane_of_its_own(folder, crds, **kwargs):
    """A control plane for tests that change what others share; the account `operator` may do everything.
    `kwargs` are those of Cluster.start."""
    own = Cluster(folder)
    own.start(**kwargs)
    try:
        for crd in crds:
            own.apply(crd)
        own.create_namespace(SYSTEM)
        own.create_account("operator", SYSTEM)
        own.kubectl("create", "clusterrolebinding", "operator", "--clusterrole=cluster-admin",
                    f"--serviceaccount={SYSTEM}:operator")
        yield own
    finally:
        own.stop()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory, crds):
    cluster = Cluster(tmp_path_factory.mktemp("control") / "plane")
    cluster.start()
    try:
        for crd in crds:
            cluster.apply(crd)
        cluster.create_namespace(SYSTEM)
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def operator_kubeconfig(cluster):
    """The identity that the chart gives the operator: what its RBAC lacks fails here."""
    helm = cache() / "helm" / "4" / "helm"
    chart = subprocess.run([helm, "template", "cresset", ROOT / "helm" / "cresset", "-n", SYSTEM,
                            "--show-only", "templates/rbac.yaml"], capture_output=True, text=True, check=True)
    cluster.apply(chart.stdout)
    cluster.create_account("cresset-operator", SYSTEM)
    return cluster.account_kubeconfig("cresset-operator", SYSTEM)


@pytest.fixture
def namespace(cluster, request):
    """A namespace of the test's own, gone when the test ends."""
    words = "".join(c if c.isalnum() else "-" for c in request.node.name.lower())
    # Long names that begin alike stay apart.
    name = f"t-{words[:45].strip('-')}-{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:6]}"
    cluster.create_namespace(name)
    yield name
    cluster.delete("namespace", name)


@pytest.fixture
def start_operator(operator_kubeconfig, tmp_path):
    """Starts operators; those that a test leaves running are killed."""
    from tests.support.operator import Operator
    started = []

    def start(**kwargs):
        kwargs = {"kubeconfig": operator_kubeconfig, "namespace": SYSTEM, **kwargs}
        operator = Operator(BUILD / "operator" / "cresset", tmp_path / f"operator-{len(started)}.log", **kwargs)
        started.append(operator)
        return operator

    yield start
    for operator in started:
        operator.kill()


@pytest.fixture
def running_operator(start_operator):
    operator = start_operator()
    wait_until(operator.ready, f"the operator is ready; {operator.log}")
    return operator
