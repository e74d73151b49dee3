"""What every story needs: the cluster that ./dev brought up, with the chart installed."""
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
# Run after all others, in this order: the audit of what the others did, then the one that takes the chart away.
LAST = ["rbac", "chart"]
sys.path[:0] = [str(HERE)]

from support.kube import Kube  # noqa: E402


def pytest_collection_modifyitems(items):
    """Folders in their own order, but those of LAST at the end (the sort is stable)."""
    items.sort(key=lambda item: LAST.index(item.path.parent.name) + 1 if item.path.parent.name in LAST else 0)


def pytest_terminal_summary(terminalreporter):
    """A failure may be the cluster's: then say so, while it is still there."""
    stats = terminalreporter.stats
    if stats.get("failed") or stats.get("error"):
        state = subprocess.run([HERE.parent / "cluster" / "cluster.sh", "status"], capture_output=True, text=True)
        terminalreporter.section("the cluster")
        terminalreporter.write_line(state.stdout + state.stderr)


def variable(name):
    value = os.environ.get(name)
    if not value:
        pytest.exit(f"${name} is not set: run the stories with ./dev e2e or ./dev test stories", returncode=2)
    return value


@pytest.fixture(scope="session")
def kube():
    return Kube([str(HERE.parent.parent / "dev"), "kubectl"], variable("KUBECONFIG"))


@pytest.fixture(scope="session")
def gateway():
    return variable("CRESSET_GATEWAY")


@pytest.fixture(scope="session")
def s3_image():
    return os.environ.get("CRESSET_S3_IMAGE", "localhost/versitygw:dev")
