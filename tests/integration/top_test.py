"""`cresset get` and `cresset top --once` before a real API server: what they print, and what they say when they may not."""
import os
import pty
import subprocess
import termios

import pytest

from tests.integration.conftest import plane_of_its_own
from tests.support.cluster import BUILD

COMMANDS = [("get",), ("top", "--once")]


def ask(kubeconfig, *words):
    done = subprocess.run([BUILD / "operator" / "cresset", *words, "--kubeconfig", kubeconfig],
                          capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def condition(kind, status, message):
    return {"type": kind, "status": status, "reason": "Told", "message": message,
            "lastTransitionTime": "2026-01-01T00:00:00Z"}


def make(cluster, namespace, kind, name, spec, status=None):
    cluster.create({"apiVersion": "cresset.dev/v1alpha1", "kind": kind, "metadata": {"name": name, "namespace": namespace},
                    "spec": spec})
    if status:
        cluster.set_status(kind.lower(), name, status, namespace)


def make_job(cluster, namespace, name, status=None):
    make(cluster, namespace, "TrainingJob", name,
         {"training": {"data": {"train": {"uri": "s3://data/train.parquet"}, "label": "y"}, "epochs": 5},
          "output": {"uri": f"s3://models/{name}"}}, status)


@pytest.fixture
def told(cluster, namespace):
    """Objects in each state that shows otherwise, which no operator moves on."""
    make_job(cluster, namespace, "digits",
             {"state": "Running", "step": 120, "totalSteps": 400, "epoch": 1, "loss": 0.12345, "samplesPerSecond": 12500,
              "remainingSeconds": 3723, "restarts": 2, "conditions": [condition("Running", "True", "round 1")]})
    make_job(cluster, namespace, "new")
    make_job(cluster, namespace, "points",
             {"state": "Failed", "conditions": [condition("Running", "False", ""),
                                                condition("Failed", "True", "training diverged in step 2")]})
    make(cluster, namespace, "ModelService", "digits", {"model": {"uri": "s3://models/digits/1"}},
         {"state": "Ready", "replicas": 3, "readyReplicas": 2, "revision": "digits-1", "url": "http://gateway/team/digits",
          "scaling": {"desired": 3, "windowMean": 2.44, "target": 4, "bound": {"min": 0, "max": 10}}})
    return namespace


JOBS = """\
JOB     STATE    STEP     EPOCH  LOSS    SAMPLES/S  LEFT     RESTARTS  CHECKPOINT
digits  Running  120/400  2/5    0.1235  12,500     1:02:03  2         -
new     -        0        -      -       -          -        0         -
points  Failed   0        -      -       -          -        0         -
  training diverged in step 2
"""
SERVICES = """
SERVICE  STATE  READY  BOUNDS  LOAD/TARGET  REVISION  URL
digits   Ready  2/3    0-10    2.4/4.0      digits-1  http://gateway/team/digits
"""


@pytest.mark.parametrize("command", COMMANDS)
def test_jobs_and_services_of_a_namespace_are_two_tables(cluster, told, command):
    assert ask(cluster.kubeconfig, *command, "-n", told) == (0, JOBS + SERVICES, "")


@pytest.mark.parametrize("command", COMMANDS)
def test_those_of_all_namespaces_have_theirs_before_them(cluster, told, command):
    code, out, _ = ask(cluster.kubeconfig, *command, "-A")
    rows = [line.split() for line in out.splitlines()]
    assert code == 0
    assert rows[0][:3] == ["NAMESPACE", "JOB", "STATE"]
    for row in ([told, "digits", "Running"], [told, "points", "Failed"], [told, "digits", "Ready"]):
        assert row in [found[:3] for found in rows]


def test_on_a_terminal_it_is_as_large_as_the_window(cluster, told):
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (5, 20))
    process = subprocess.Popen([BUILD / "operator" / "cresset", "top", "-n", told, "--kubeconfig", cluster.kubeconfig],
                               stdout=theirs)
    os.close(theirs)
    with os.fdopen(ours, "rb") as terminal:
        shown = b""
        while b"\x1b[J" not in shown:
            shown += terminal.read1(4096)
        process.terminate()
        process.wait(timeout=60)
    assert shown.decode().startswith("\x1b[2J\x1b[H\x1b[KJOB     STATE    STE\r\n\x1b[Kdigits  Running  120\r\n"
                                     "\x1b[Knew     -        0  \r\n\x1b[K… and 5 more\r\n\x1b[J")


def test_an_empty_namespace_says_so(cluster, namespace):
    assert ask(cluster.kubeconfig, "get", "-n", namespace) == (0, "no TrainingJobs and no ModelServices\n", "")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_refused_verb_is_told_with_resource_and_namespace(cluster, namespace, command):
    cluster.create_account("reader", namespace)
    kubeconfig = cluster.account_kubeconfig("reader", namespace)

    def why(resource, where):
        return (f'cresset: {resource}.cresset.dev is forbidden: User "system:serviceaccount:{namespace}:reader" cannot list '
                f'resource "{resource}" in API group "cresset.dev" {where} (HTTP 403)\n')

    assert ask(kubeconfig, *command, "-n", namespace) == (1, "", why("trainingjobs", f'in the namespace "{namespace}"'))
    assert ask(kubeconfig, *command, "-A") == (1, "", why("trainingjobs", "at the cluster scope"))
    cluster.kubectl("create", "role", "reader", "-n", namespace, "--verb=list", "--resource=trainingjobs.cresset.dev")
    cluster.kubectl("create", "rolebinding", "reader", "-n", namespace, "--role=reader", f"--serviceaccount={namespace}:reader")
    assert ask(kubeconfig, *command, "-n", namespace) == (1, "", why("modelservices", f'in the namespace "{namespace}"'))


def test_missing_crds_are_asked_for_and_then_an_api_server_that_is_gone_is_told(tmp_path):
    with plane_of_its_own(tmp_path / "plane", []) as own:
        for command in (*COMMANDS, ("logs", "digits")):
            code, out, why = ask(own.kubeconfig, *command)
            assert (code, out) == (1, "")
            assert why.startswith("cresset: the server knows no trainingjobs in cresset.dev/v1alpha1; is its CRD installed? (")
        kept = tmp_path / "kubeconfig"
        kept.write_text(own.kubeconfig.read_text())
    code, out, why = ask(kept, "get")
    assert (code, out) == (1, "")
    assert "Connection refused" in why
