"""A control plane or a cluster of a test's own, driven through the scripts."""
import contextlib
import hashlib
import os
import pathlib
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("CRESSET_CACHE") or pathlib.Path(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "cresset"))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def eventually(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    return condition()


def kubectl(kubeconfig, *args, text=None, check=True):
    done = subprocess.run([str(CACHE / "kube/current/kubectl"), "--kubeconfig", str(kubeconfig), *args],
                          input=text, capture_output=True, text=True, timeout=90, check=False)
    assert not check or done.returncode == 0, f"kubectl {' '.join(args)}: {done.stderr}"
    return done.stdout.strip()


class Cluster:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.api_port, self.gateway_port = free_port(), free_port()
        self.kubeconfig = self.folder / "kubeconfig"
        digest = hashlib.sha256(str(self.folder.resolve()).encode()).hexdigest()
        self.cgroup = f"cresset-e2e-{digest[:8]}-node1"

    def environment(self):
        return {**os.environ, "CRESSET_E2E_DIR": str(self.folder), "CRESSET_API_PORT": str(self.api_port),
                "CRESSET_GATEWAY_PORT": str(self.gateway_port)}

    def start(self, *args):
        return subprocess.Popen([str(HERE / "cluster.sh"), *args], env=self.environment(), text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)

    def run(self, *args, check=True, text=None, timeout=200):
        done = subprocess.run([str(HERE / "cluster.sh"), *args], env=self.environment(), text=True, input=text,
                              capture_output=True, timeout=timeout, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    @contextlib.contextmanager
    def forward(self, target):
        """The address on 127.0.0.1 that leads to HOST:PORT of the cluster while the context lasts."""
        process = subprocess.Popen([str(HERE / "cluster.sh"), "forward", target], env=self.environment(), text=True,
                                   stdout=subprocess.PIPE)
        try:
            yield process.stdout.readline().split()[0]
        finally:
            process.terminate()
            process.communicate(timeout=10)

    def state(self):
        path = self.folder / "state"
        lines = path.read_text().splitlines() if path.exists() else []
        return dict(line.split("=", 1) for line in lines)

    def kubectl(self, *args, **options):
        return kubectl(self.kubeconfig, *args, **options)

    def init_pid(self):
        return self.state()["node1.init"].split(":")[0]
