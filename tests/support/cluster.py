"""A control plane on loopback (e2e/cluster/control_plane.sh) and kubectl against it, for integration tests."""
import json
import os
import pathlib
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("CRESSET_BUILD", ROOT / "build" / "release"))
CONTROL_PLANE = ROOT / "e2e" / "cluster" / "control_plane.sh"
# Owners are collected and namespaces end as in a real cluster; nothing else moves by itself.
CONTROLLERS = "garbage-collector-controller,namespace-controller"


class Failed(Exception):
    """kubectl refused; the text is what it said."""


def cache():
    base = os.environ.get("CRESSET_CACHE")
    if not base:
        base = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "cresset")
    return pathlib.Path(base)


def wait_until(ready, what, seconds=30):
    """Asks until `ready()` is true and returns its value; fails with `what` and the last value otherwise."""
    end = time.monotonic() + seconds
    while True:
        value = ready()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}; last seen: {value!r}")
        time.sleep(0.05)


def make_foreign(cluster, namespace, kind, name, spec):
    """An object that a person made with kubectl; as the API server shows it."""
    group = {"Service": "v1", "NetworkPolicy": "networking.k8s.io/v1", "Deployment": "apps/v1"}[kind]
    cluster.kubectl("create", "-f", "-", stdin=json.dumps(
        {"apiVersion": group, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}))
    return raw(cluster, namespace, kind, name)


def raw(cluster, namespace, kind, name):
    """The object's text to the last byte, with versions and managers."""
    return cluster.kubectl("get", kind, name, "-n", namespace, "-o", "json", "--show-managed-fields")


def assert_board_labels(child, instance):
    """Those by which the boards of any cluster show what belongs together."""
    labels = child["metadata"]["labels"]
    known = {key: labels.get(f"app.kubernetes.io/{key}") for key in ("name", "instance", "component", "managed-by", "part-of")}
    component = known.pop("component")
    assert component and known == {"name": "cresset", "instance": instance, "managed-by": "cresset", "part-of": "cresset"}


def reasons_of_events(cluster, about):
    """Of the events about that very object."""
    meta = about["metadata"]
    return {event["reason"] for event in cluster.list("events.events.k8s.io", meta["namespace"])
            if event["regarding"].get("uid") == meta["uid"]}


class Cluster:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.kubeconfig = self.folder / "kubeconfig"

    def start(self, controllers=CONTROLLERS):
        done = subprocess.run([CONTROL_PLANE, "start", self.folder, "--controllers", controllers],
                              capture_output=True, text=True, timeout=590)
        if done.returncode != 0:
            raise AssertionError(f"the control plane did not start:\n{done.stdout}{done.stderr}")

    def stop(self):
        subprocess.run([CONTROL_PLANE, "stop", self.folder], check=True, capture_output=True, timeout=60)

    def pid(self, process):
        """Of "etcd", "apiserver" or "kcm"."""
        entries = dict(line.split("=", 1) for line in (self.folder / "state").read_text().split())
        return int(entries[process].split(":")[0])

    def etcd(self):
        """The URL that etcd listens on for clients; folder/pki has etcd-ca.crt, etcd-client.crt and its key."""
        args = pathlib.Path(f"/proc/{self.pid('etcd')}/cmdline").read_text().split("\0")
        return args[args.index("--listen-client-urls") + 1]

    def kubectl(self, *args, stdin=None, kubeconfig=None):
        kube = cache() / "kube" / "current" / "kube"
        done = subprocess.run([kube, "kubectl", f"--kubeconfig={kubeconfig or self.kubeconfig}", *args],
                              input=stdin, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise Failed(done.stderr.strip())
        return done.stdout

    def apply(self, thing):
        """Applies a manifest (text) or an object."""
        return self.kubectl("apply", "--server-side", "-f", "-",
                            stdin=thing if isinstance(thing, str) else json.dumps(thing))

    def get(self, kind, name, namespace="default"):
        """The object, or None."""
        try:
            return json.loads(self.kubectl("get", kind, name, "-n", namespace, "-o", "json"))
        except Failed as error:
            if "NotFound" in str(error):
                return None
            raise

    def list(self, kind, namespace="default", selector=""):
        args = ["get", kind, "-n", namespace, "-o", "json"] + (["-l", selector] if selector else [])
        return json.loads(self.kubectl(*args))["items"]

    def set_status(self, kind, name, status, namespace="default"):
        self.kubectl("patch", kind, name, "-n", namespace, "--subresource=status", "--type=merge",
                     "-p", json.dumps({"status": status}))

    def writes(self, account, namespace):
        """(verb, resource/subresource) of each write that the account sent about the namespace, by the audit log."""
        found = []
        for line in (self.folder / "audit.log").read_text().splitlines():
            event = json.loads(line)
            about = event.get("objectRef", {})
            if (event["stage"] == "ResponseComplete" and about.get("namespace") == namespace
                    and event["user"].get("username", "").endswith(":" + account)
                    and event["verb"] in ("create", "update", "patch", "delete", "deletecollection")):
                found.append((event["verb"], "/".join(filter(None, (about.get("resource"), about.get("subresource"))))))
        return found

    def account_kubeconfig(self, account, namespace):
        """A kubeconfig that has only the service account's token."""
        token = self.kubectl("create", "token", account, "-n", namespace).strip()
        config = json.loads(self.kubectl("config", "view", "--raw", "-o", "json"))
        config["users"] = [{"name": account, "user": {"token": token}}]
        for context in config["contexts"]:
            context["context"]["user"] = account
        path = self.folder / f"{namespace}-{account}.kubeconfig"
        path.write_text(json.dumps(config))
        path.chmod(0o600)
        return path
