"""The control plane on loopback: real, several at once, and nothing stays."""
import json
import subprocess

import pytest

from support_for_tests import HERE, eventually, kubectl

SCRIPT = str(HERE / "control_plane.sh")
LONG_LOG = 200 << 20  # bytes; the API server's default turns its audit log at half of it


def start(folder, *args):
    return subprocess.Popen([SCRIPT, "start", str(folder), *args], stdout=subprocess.PIPE, text=True)


def stop(folder):
    subprocess.run([SCRIPT, "stop", str(folder)], check=True, timeout=30)


@pytest.fixture(scope="module")
def planes(tmp_path_factory):
    folders = [tmp_path_factory.mktemp("plane") / name for name in ("one", "two")]
    folders[1].mkdir()
    with open(folders[1] / "audit.log", "wb") as log:
        log.truncate(LONG_LOG)  # takes no room
    starting = [start(folders[0], "--controllers", "default"), start(folders[1])]
    assert [p.wait(timeout=90) for p in starting] == [0, 0]
    yield folders
    for folder in folders:
        if folder.exists():
            stop(folder)


def test_two_at_once_know_nothing_of_each_other(planes):
    kubectl(planes[0] / "kubeconfig", "create", "configmap", "only-here")
    assert "only-here" not in kubectl(planes[1] / "kubeconfig", "get", "configmaps", "-o", "name")


def test_role_based_access_is_on(planes):
    allowed = kubectl(planes[0] / "kubeconfig", "auth", "can-i", "list", "pods",
                      "--as", "system:serviceaccount:default:nobody", check=False)
    assert allowed == "no"


def test_a_token_with_an_audience_is_reviewed_as_its_account(planes):
    config = planes[1] / "kubeconfig"
    kubectl(config, "create", "serviceaccount", "worker")
    token = kubectl(config, "create", "token", "worker", "--audience", "cresset")
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
              "spec": {"token": token, "audiences": ["cresset"]}}
    status = json.loads(kubectl(config, "create", "-o", "json", "-f", "-", text=json.dumps(review)))["status"]
    assert status["authenticated"] and status["user"]["username"] == "system:serviceaccount:default:worker"


def test_a_long_audit_log_goes_on_in_the_same_file(planes):
    folder, config = planes[1], planes[1] / "kubeconfig"
    kubectl(config, "create", "serviceaccount", "curious")
    token = kubectl(config, "create", "token", "curious")
    server = kubectl(config, "config", "view", "-o", "jsonpath={.clusters[0].cluster.server}")
    _, said = curl("--cacert", folder / "pki/ca.crt", "-H", f"Authorization: Bearer {token}", server + "/api/v1/pods")
    assert "pods is forbidden" in said

    def new_lines():
        with open(folder / "audit.log", "rb") as log:
            log.seek(LONG_LOG)
            return log.read().decode()
    assert eventually(lambda: "system:serviceaccount:default:curious" in new_lines())
    assert [path.name for path in folder.glob("audit*")] == ["audit.log"]


def etcds_doors(folder):
    """The two URLs of etcd: for clients, for peers."""
    pid = dict(line.split("=") for line in (folder / "state").read_text().split())["etcd"].split(":")[0]
    args = open(f"/proc/{pid}/cmdline").read().split("\0")
    return [args[args.index(f"--listen-{kind}-urls") + 1] for kind in ("client", "peer")]


def curl(*args):
    done = subprocess.run(["curl", "-sS", "--http1.1", "-m", "5", *map(str, args)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_both_doors_of_etcd_are_closed_without_a_certificate_of_its_own_ca(planes):
    pki = planes[1] / "pki"
    for url in etcds_doors(planes[1]):
        assert url.startswith("https://127.0.0.1:")
        code, said = curl(url.replace("https:", "http:") + "/version")
        assert "etcdserver" not in said, said
        for certificate in ([], ["--cert", pki / "admin.crt", "--key", pki / "admin.key"]):
            code, said = curl("--cacert", pki / "etcd-ca.crt", *certificate, url + "/version")
            assert code != 0 and "etcdserver" not in said, said
        code, said = curl("--cacert", pki / "etcd-ca.crt", "--cert", pki / "etcd-client.crt", "--key",
                          pki / "etcd-client.key", url + "/version")
        assert code == 0 and "etcdserver" in said, said


def test_the_controllers_collect_what_a_deleted_owner_leaves(planes):
    config = planes[0] / "kubeconfig"
    kubectl(config, "create", "job", "once", "--image=none")
    kubectl(config, "wait", "--for=create", "pod", "-l", "job-name=once", "--timeout=20s")
    kubectl(config, "delete", "job", "once")
    kubectl(config, "wait", "--for=delete", "pod", "-l", "job-name=once", "--timeout=20s")


def test_stop_leaves_no_process_and_no_file(tmp_path):
    folder = tmp_path / "plane"
    assert start(folder).wait(timeout=60) == 0
    processes = [line.split("=")[1].split(":")[0] for line in (folder / "state").read_text().splitlines()]
    stop(folder)
    assert not folder.exists()
    alive = subprocess.run(["ps", "-o", "pid,stat,args", "-p", ",".join(processes), "--no-headers"],
                           capture_output=True, text=True, check=False).stdout
    assert [line for line in alive.splitlines() if " Z" not in line] == []


def test_stopping_what_does_not_run_says_so(tmp_path):
    done = subprocess.run([SCRIPT, "stop", str(tmp_path / "none")], capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "there is no control plane in" in done.stderr
