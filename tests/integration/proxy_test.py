"""An operator that reaches the API server through a real HTTP proxy."""
import base64
import json
import subprocess

import pytest

from tests.integration.training_job_test import submit, wait_for_pods
from tests.support.cluster import wait_until
from tests.support.operator import free_port


@pytest.fixture
def proxy(tmp_path):
    """(port, log) of a proxy that knows one user."""
    port, log = free_port(), tmp_path / "proxy.log"
    (tmp_path / "proxy.conf").write_text(f"Port {port}\nListen 127.0.0.1\nTimeout 600\nAllow 127.0.0.1\n"
                                         f"BasicAuth operator let-me-out\nLogFile \"{log}\"\nLogLevel Connect\n")
    process = subprocess.Popen(["tinyproxy", "-d", "-c", tmp_path / "proxy.conf"], stdout=subprocess.DEVNULL)
    yield port, log
    process.kill()
    process.wait()


def by_proxy(kubeconfig, to, url):
    config = json.loads(kubeconfig.read_text())
    for cluster in config["clusters"]:
        cluster["cluster"]["proxy-url"] = url
    to.write_text(json.dumps(config))
    to.chmod(0o600)
    return to


def test_an_operator_works_through_the_proxy_of_its_kubeconfig(
        cluster, operator_kubeconfig, start_operator, namespace, proxy, tmp_path):
    port, log = proxy
    kubeconfig = by_proxy(operator_kubeconfig, tmp_path / "kubeconfig", f"http://operator:let-me-out@127.0.0.1:{port}")
    operator = start_operator(kubeconfig=kubeconfig)
    wait_until(operator.ready, "the operator is ready")
    submit(cluster, namespace)
    wait_for_pods(cluster, namespace, 2)
    server = json.loads(operator_kubeconfig.read_text())["clusters"][0]["cluster"]["server"].removeprefix("https://")
    assert f"CONNECT {server} HTTP/1.1" in log.read_text()
    for secret in ("let-me-out", base64.b64encode(b"operator:let-me-out").decode()):
        assert secret not in operator.log.read_text()


def test_a_proxy_that_refuses_is_named_by_readyz(operator_kubeconfig, start_operator, proxy, tmp_path):
    port, _ = proxy
    kubeconfig = by_proxy(operator_kubeconfig, tmp_path / "kubeconfig", f"http://operator:wrong@127.0.0.1:{port}")
    operator = start_operator(kubeconfig=kubeconfig)

    def what_it_says():
        said = operator.http("/readyz")[1]
        return said if f"asking the proxy 127.0.0.1:{port} for " in said else None

    # Of a wrong password; it says 407 to who gives none.
    assert "it answered 401 Unauthorized" in wait_until(what_it_says, "readyz names the proxy")
    assert operator.http("/healthz")[0] == 200
