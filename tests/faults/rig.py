"""One run: a namespace, a fault proxy with a plan, the operator behind it (started again when the plan kills it),
a workload, and what was seen."""
import collections
import contextlib
import dataclasses
import json
import pathlib
import subprocess
import threading
import time

import yaml

from tests.faults.history import History
from tests.faults.kubelet import Kubelet
from tests.support.api import Refused
from tests.support.cluster import BUILD, CONTROLLERS, ROOT, Cluster, wait_until
from tests.support.operator import Operator

OPERATOR = BUILD / "operator" / "cresset"
# Without a write for that long a run has come to its end; who watches for longer sees none.
SETTLED = 6.5
PATIENCE = 60  # seconds for a step of a workload, faults included


@dataclasses.dataclass
class Seen:
    """What a run left: for the oracles."""
    state: dict
    events: list
    trace: list
    problems: list
    seconds: float


class Lab:
    """The control plane, the CRDs and an account for the operator, shared by all runs."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.cluster = Cluster(self.folder / "plane")
        self.count = 0

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.cluster.start(CONTROLLERS + ",deployment-controller,replicaset-controller")
        for path in sorted((ROOT / "helm/cresset/schemas").glob("*.yaml")):
            self.cluster.apply(path.read_text())
        self.cluster.create_namespace("faults-system")
        self.cluster.create_account("operator", "faults-system")
        self.cluster.kubectl("create", "clusterrolebinding", "faults", "--clusterrole=cluster-admin",
                             "--serviceaccount=faults-system:operator")
        self.token = self.cluster.token("operator", "faults-system", 24 * 3600)
        self.api = self.cluster.api
        (self.folder / "upstream-ca.pem").write_text(self.api.ca)
        wait_until(self.knows_our_kinds, "the API server serves our kinds")
        self.history = History(self.api)
        return self

    def knows_our_kinds(self):
        try:
            return self.api.call("GET", self.api.path("trainingjobs")) and self.api.call(
                "GET", self.api.path("modelservices"))
        except Refused:
            return False

    def __exit__(self, *_):
        self.history.stopped = True
        self.cluster.stop()


def trickles(trace):
    """Of each watch that tells a byte at a time, whether it was not opened again yet."""
    def watched(line):
        return line["resource"], line.get("of")

    watches = {line["id"]: line for line in trace if line["kind"] == "request" and line["verb"] == "watch"}
    for fault in trace:
        if fault["kind"] == "fault" and fault["do"] == "trickle":
            slow = watches[fault["id"]]
            yield not any(watched(line) == watched(slow) and line["id"] > slow["id"] for line in watches.values())


class Run:
    def __init__(self, lab, name, plan, quiet=3.0, binary=OPERATOR, patience=PATIENCE):
        self.lab, self.api, self.plan, self.quiet, self.binary = lab, lab.api, plan, quiet, binary
        self.patience = patience
        self.namespace = name
        self.folder = lab.folder / name
        self.operators, self.problems = [], []
        self.kubelet = self.proxy = None
        self.stopping = False

    # What workloads use.
    def all(self, kind):
        return self.lab.history.of(self.namespace, kind)

    def find(self, kind, name):
        return next((thing for thing in self.all(kind) if thing["metadata"]["name"] == name), None)

    def wait(self, ready, what):
        end = time.monotonic() + self.patience
        while not ready():
            for broken in (self.lab.history.broken, self.kubelet.broken):
                if broken:
                    raise AssertionError(broken)
            if time.monotonic() > end:
                raise AssertionError(f"not within {self.patience} s: {what}")
            with self.lab.history.changed:
                self.lab.history.changed.wait(0.2)

    def execute(self, workload, busy=contextlib.nullcontext()):
        """`busy` is held while something happens; many runs may wait for quiet at a time."""
        begun = time.monotonic()
        try:
            with busy:
                self.start()
                came_to_its_end = self.holds(workload, self)
            if came_to_its_end and self.holds(self.wait, lambda: not self.silent(), "all that fell silent is given up"):
                self.holds(self.wait_until_quiet)
            state, events = self.lab.history.snapshot(self.namespace)
            return Seen(state, events, self.trace(), self.problems, time.monotonic() - begun)
        finally:
            self.clean_up()

    def holds(self, step, *arguments):
        try:
            step(*arguments)
        except AssertionError as error:
            self.problems.append(f"O4: {error}")
            return False
        return True

    def start(self):
        self.folder.mkdir(parents=True)
        self.api.create("namespaces", None, {"apiVersion": "v1", "kind": "Namespace",
                                             "metadata": {"name": self.namespace}})
        self.kubelet = Kubelet(self.api, self.lab.history, self.namespace)
        self.start_proxy()
        self.start_operator()
        threading.Thread(target=self.keep_operator, daemon=True).start()

    def start_proxy(self):
        (self.folder / "plan.json").write_text(json.dumps(self.plan))
        (self.folder / "pid").write_text("0")
        flags = {"--upstream": self.api.server, "--upstream-ca": self.lab.folder / "upstream-ca.pem",
                 "--plan": self.folder / "plan.json", "--trace": self.folder / "trace.jsonl",
                 "--pid-file": self.folder / "pid", "--ca-out": self.folder / "proxy-ca.pem",
                 "--namespace": self.namespace}
        self.proxy = subprocess.Popen([BUILD / "tests" / "faults" / "fault_proxy",
                                       *(str(part) for pair in flags.items() for part in pair)],
                                      stdout=subprocess.PIPE, stderr=open(self.folder / "proxy.log", "w"), text=True)
        port = self.proxy.stdout.readline().strip()
        if not port:
            raise AssertionError(f"the fault proxy did not start: {(self.folder / 'proxy.log').read_text()}")
        self.kubeconfig = self.folder / "kubeconfig"
        self.kubeconfig.write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "faults",
            "clusters": [{"name": "faults", "cluster": {"server": f"https://127.0.0.1:{port}",
                                                        "certificate-authority": "proxy-ca.pem"}}],
            "users": [{"name": "faults", "user": {"token": self.lab.token}}],
            "contexts": [{"name": "faults", "context": {"cluster": "faults", "user": "faults"}}]}))
        self.kubeconfig.chmod(0o600)

    def start_operator(self):
        operator = Operator(self.binary, self.folder / f"operator-{len(self.operators)}.log",
                            self.kubeconfig, self.namespace,
                            args=["--metrics-address=127.0.0.1:0", "--coordination-address=127.0.0.1:0",
                                  "--coordination-url=https://cresset-operator.test:8443"])
        self.operators.append(operator)
        (self.folder / "pid").write_text(str(operator.process.pid))

    def keep_operator(self):
        """Starts it again when it was killed; an end of its own is a problem too."""
        while not self.stopping:
            code = self.operators[-1].process.wait()
            if self.stopping:
                return
            if code != -9:
                tail = self.operators[-1].log.read_text()[-300:]
                self.problems.append(f"O5: the operator ended by itself with {code}: {tail}")
            if len(self.operators) > 20:
                self.problems.append("O5: the operator ended more than 20 times")
                return
            self.start_operator()

    def trace(self):
        path = self.folder / "trace.jsonl"
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def silent(self):
        """How many connections fell silent, or nearly so, and were not given up yet."""
        trace = self.trace()
        kinds = collections.Counter(line["kind"] for line in trace)
        return kinds["fell_silent"] - kinds["given_up"] + sum(trickles(trace))

    def wait_until_quiet(self):
        """Until there was no write but the lease's for some seconds; after those there may be none for `quiet` in all."""
        settled = min(self.quiet, SETTLED)
        end = time.monotonic() + self.patience + settled
        since = time.monotonic()
        with open(self.folder / "trace.jsonl") as trace:
            trace.read()
            while time.monotonic() - since < self.quiet:
                quiet = time.monotonic() - since
                if time.monotonic() > end and quiet < settled:
                    raise AssertionError(f"never without writes for {settled} s; the last: {self.last_writes()}")
                time.sleep(0.1)
                if '"write":' in trace.read():
                    if quiet >= settled:
                        raise AssertionError(f"a write after {quiet:.1f} s without one: {self.last_writes()}")
                    since = time.monotonic()

    def last_writes(self):
        return [line for line in self.trace() if "write" in line][-3:]

    def clean_up(self):
        self.stopping = True
        if self.kubelet:
            self.kubelet.stop()
        for operator in self.operators:
            operator.kill()
        if self.proxy:
            self.proxy.kill()
            self.proxy.wait()
        pods = self.api.path("pods", self.namespace)
        self.api.call("DELETE", pods, {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0})
        self.api.delete("namespaces", None, self.namespace)
        self.lab.history.forget(self.namespace)
