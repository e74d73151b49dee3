"""Operator and gateway trust the CAs of --extra-ca-file beside that of the cluster."""
import base64
import json
import subprocess

import pytest

from tests.support.cluster import BUILD, wait_until


@pytest.fixture
def stranger(tmp_path):
    """The certificate of a CA that has signed nothing here, as PEM."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                    "-subj", "/CN=stranger", "-keyout", tmp_path / "stranger.key", "-out", tmp_path / "stranger.pem"],
                   check=True, capture_output=True)
    return (tmp_path / "stranger.pem").read_text()


def test_a_ca_that_joins_the_file_is_trusted_without_a_restart(operator_kubeconfig, start_operator, stranger, tmp_path):
    """The API server of a kubeconfig that names another CA, as that of a load balancer or a proxy is."""
    config = json.loads(operator_kubeconfig.read_text())
    (cluster,) = (entry["cluster"] for entry in config["clusters"])
    its_own = base64.b64decode(cluster["certificate-authority-data"]).decode()
    cluster["certificate-authority-data"] = base64.b64encode(stranger.encode()).decode()
    kubeconfig, extra = tmp_path / "kubeconfig", tmp_path / "extra.pem"
    kubeconfig.write_text(json.dumps(config))
    kubeconfig.chmod(0o600)
    extra.write_text(stranger)
    operator = start_operator(kubeconfig=kubeconfig, args=[f"--extra-ca-file={extra}"])
    wait_until(lambda: "its certificate was refused" in operator.http("/readyz")[1], "readyz says that nobody known signed it")
    extra.write_text(stranger + its_own)
    wait_until(operator.ready, "the operator is ready", 60)


@pytest.mark.parametrize("process", ["operator", "gateway"])
@pytest.mark.parametrize("content, found", [
    (None, "No such file or directory"),
    ("", "is not whole PEM"),
    ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "must hold certificates as PEM"),
])
def test_a_wrong_file_ends_it_with_an_error_that_names_flag_and_file(operator_kubeconfig, tmp_path, process, content, found):
    file = tmp_path / "extra.pem"
    if content is not None:
        file.write_text(content)
    ended = subprocess.run([BUILD / "operator" / "cresset", process, f"--kubeconfig={operator_kubeconfig}", f"--extra-ca-file={file}"],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=10)
    assert ended.returncode == 2
    assert "--extra-ca-file: " in ended.stdout and str(file) in ended.stdout and found in ended.stdout
