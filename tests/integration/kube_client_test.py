"""The C++ client and runtime against a real kube-apiserver: kube_integration_test, case by case."""
import os
import subprocess

import pytest

from tests.support.cluster import BUILD

BINARY = BUILD / "tests" / "integration" / "kube_integration_test"


def cases():
    if not BINARY.exists():
        return ["(not built)"]
    suite, found = "", []
    for line in subprocess.run([BINARY, "--gtest_list_tests"], capture_output=True, text=True,
                               check=True).stdout.splitlines():
        if line.endswith("."):
            suite = line
        elif line.startswith("  "):
            found.append(suite + line.strip())
    return found


@pytest.fixture(scope="session")
def nobody_token(cluster):
    cluster.create_account("nobody", "default")
    return cluster.token("nobody", "default")


@pytest.mark.parametrize("case", cases())
def test_kube_client(cluster, nobody_token, case):
    assert BINARY.exists(), f"{BINARY} is not built: ninja kube_integration_test"
    done = subprocess.run([BINARY, f"--gtest_filter={case}"], capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, KUBECONFIG=str(cluster.kubeconfig), CRESSET_ETCD=cluster.etcd(),
                                   CRESSET_ETCD_PKI=str(cluster.folder / "pki"), CRESSET_NOBODY_TOKEN=nobody_token))
    assert done.returncode == 0, done.stdout + done.stderr
