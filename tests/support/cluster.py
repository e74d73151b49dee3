"""A control plane on loopback (e2e/cluster/control_plane.sh) for integration tests, and what an administrator does with
it: without a kubectl process wherever many tests do it, as one costs a third of a core's second."""
import functools
import json
import os
import pathlib
import re
import subprocess
import time
import urllib.parse

import yaml

from tests.support.api import Api, Refused

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
    cluster.create({"apiVersion": group, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec},
                   manager="kubectl-create")
    return raw(cluster, namespace, kind, name)


def raw(cluster, namespace, kind, name):
    """All of the object as a text, with versions and managers."""
    return json.dumps(cluster.get(kind, name, namespace))


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


def is_write_of(account, event):
    """Of an event of the audit log: whether the service account has written, successfully or not."""
    return (event["stage"] == "ResponseComplete" and event["user"].get("username", "").endswith(":" + account)
            and event["verb"] in ("create", "update", "patch", "delete", "deletecollection"))


class Cluster:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.kubeconfig = self.folder / "kubeconfig"

    def start(self, controllers=CONTROLLERS, flags=()):
        """`flags` ("--name=value") are the controller-manager's."""
        more = [word for flag in flags for word in ("--controllers-flag", flag)]
        done = subprocess.run([CONTROL_PLANE, "start", self.folder, "--controllers", controllers, *more],
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

    @functools.cached_property
    def api(self):
        return Api(self.kubeconfig)

    def apply(self, thing):
        """Applies a manifest (text, of one or more objects) or an object."""
        if not isinstance(thing, str):
            return self.api.apply(thing)
        for manifest in re.split("^---.*$", thing, flags=re.MULTILINE):
            if yaml.safe_load(manifest):
                self.api.apply(manifest)

    def create(self, thing, manager="test"):
        path = self.api.path((thing["apiVersion"], thing["kind"]), thing["metadata"].get("namespace", "default"))
        return self.api.call("POST", f"{path}?fieldManager={manager}&fieldValidation=Strict", thing)

    def create_namespace(self, name):
        return self.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def create_account(self, name, namespace):
        return self.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}})

    def delete(self, kind, name, namespace="default"):
        """Asks for it and does not wait; false when it was gone already."""
        return self.api.delete(kind, namespace, name, propagationPolicy="Background")

    def get(self, kind, name, namespace="default"):
        """The object, or None."""
        try:
            return self.api.call("GET", self.api.path(kind, namespace, name))
        except Refused as error:
            if error.status == 404 and error.name == name:
                return None  # not so where there is no such kind
            raise

    def list(self, kind, namespace="default", selector=""):
        query = "?" + urllib.parse.urlencode({"labelSelector": selector}) if selector else ""
        found = self.api.call("GET", self.api.path(kind, namespace) + query)
        return [{"apiVersion": found["apiVersion"], "kind": found["kind"].removesuffix("List"), **item}
                for item in found["items"]]

    def set_status(self, kind, name, status, namespace="default"):
        self.api.merge(kind, namespace, name, {"status": status}, "status")

    def audited(self, account, namespace):
        """Each event of the audit log with which a write ended that the account sent about the namespace."""
        for line in (self.folder / "audit.log").read_text().splitlines():
            event = json.loads(line)
            if is_write_of(account, event) and event.get("objectRef", {}).get("namespace") == namespace:
                yield event

    def writes(self, account, namespace):
        """(verb, resource/subresource) of each write that the account sent about the namespace, by the audit log."""
        return [(event["verb"], "/".join(filter(None, (about.get("resource"), about.get("subresource")))))
                for event in self.audited(account, namespace) for about in (event["objectRef"],)]

    def token(self, account, namespace, seconds=3600):
        wanted = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": seconds}}
        return self.api.create_sub("serviceaccounts", namespace, account, "token", wanted)["status"]["token"]

    def account_kubeconfig(self, account, namespace):
        """A kubeconfig that has only the service account's token."""
        token = self.token(account, namespace)
        config = yaml.safe_load(self.kubeconfig.read_text())
        config["users"] = [{"name": account, "user": {"token": token}}]
        for context in config["contexts"]:
            context["context"]["user"] = account
        path = self.folder / f"{namespace}-{account}.kubeconfig"
        path.write_text(json.dumps(config))
        path.chmod(0o600)
        return path
