"""Nodes for ./dev bench operator that run nothing: KWOK plays their kubelets, and pods are Running and Ready once bound.

There is no scheduler: the bench binds the pods itself, in turn. KWOK (pinned in tests/bench/operator/kwok) has its stages
for fast nodes and pods without pod-complete, which would let the pods of a Job succeed at once. It renews no leases,
since nothing looks at them, and tells of a node every ten minutes.

What comes of it is steady for all: nobody's pod ever ends. Of a Job and a JobSet nothing else is asked. Workers of
ours that run but never speak to the operator have no deadline there: a round begins when all pods run and ends when a
pod does or a worker says so (controllers/training_job/round.cc); progressDeadlineSeconds is the supervisor's, inside
the pod, and activeDeadlineSeconds and ttlSecondsAfterFinished are unset. So the job is as the other rows have it.
"""
import pathlib

from plane import METADATA, Process, wait_until

COUNT = 100


def bindings(names, namespace):
    """Of pods to nodes, in turn. Made like any object: `bindings` is the older way to pods/binding."""
    for i, name in enumerate(names):
        yield {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name, "namespace": namespace},
               "target": {"apiVersion": "v1", "kind": "Node", "name": f"node-{i % COUNT}"}}


class Nodes:
    """COUNT nodes of a plane; a context manager. `program` has its stages beside it."""

    def __init__(self, plane, program):
        self._plane, self._program = plane, pathlib.Path(program)

    def __enter__(self):
        # Its home may hold stages too, which would come first.
        self._kwok = Process("kwok", [
            self._program, "--manage-all-nodes", f"--kubeconfig={self._plane.kubeconfig}",
            f"--config={self._program.with_name('stages.yaml')}", "--cidr=10.128.0.1/16"], self._plane.folder,
            env={"HOME": str(self._plane.folder), "PATH": "/usr/bin"})
        try:
            for i in range(COUNT):
                self._plane.call("POST", "/api/v1/nodes", {"metadata": {"name": f"node-{i}"}})
            wait_until(self._are_ready, f"{COUNT} nodes are ready", every=0.2)
        except BaseException:
            self._kwok.stop()
            raise
        return self

    def __exit__(self, *_):
        self._kwok.stop()

    def _are_ready(self):
        self._kwok.check()
        nodes = self._plane.call("GET", "/api/v1/nodes")["items"]
        return all(any(condition["type"] == "Ready" and condition["status"] == "True"
                       for condition in node["status"].get("conditions", ())) for node in nodes)

    def run_pods(self, namespace):
        """Until all pods of the namespace run."""
        found = self._plane.call("GET", f"/api/v1/namespaces/{namespace}/pods", accept=METADATA)
        names = [item["metadata"]["name"] for item in found["items"]]
        self._plane.many("create", "core v1 bindings", bindings(names, namespace))
        wait_until(lambda: self._all_run(namespace), f"{len(names)} pods run", seconds=1800, every=0.5)

    def _all_run(self, namespace):
        self._kwok.check()
        return not self._plane.call("GET", f"/api/v1/namespaces/{namespace}/pods?fieldSelector=status.phase!=Running"
                                           "&limit=1", accept=METADATA)["items"]
