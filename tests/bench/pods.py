"""Seconds from a pod's create to its states, seen by a watch that is open before the create.

The API server's own times have whole seconds only; here an event counts when its line arrives.
"""
import json
import queue
import subprocess
import threading
import time

FIELDS = ("{.metadata.name}{' '}{.status.containerStatuses[0].state.running.startedAt}{' '}"
          "{.status.conditions[?(@.type=='Ready')].status}{'\\n'}")


class PodWatch:
    """`kubectl get pods --watch` of one namespace; a context manager."""

    def __init__(self, kube, selector):
        command = kube.command("get", "pods", "-l", selector, "--watch", "-o", "jsonpath=" + FIELDS)
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self._lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._process.stdout:
            self._lines.put((time.monotonic(), line.rstrip("\n").split(" ")))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(timeout=10)

    def times(self, known, started, seconds=120):
        """{"running": s, "ready": s} since `started` of the first pod that is not in `known`."""
        seen, deadline = {}, started + seconds
        while "ready" not in seen:
            try:
                at, (name, running, ready) = self._lines.get(timeout=max(0.1, deadline - time.monotonic()))
            except queue.Empty:
                raise TimeoutError(f"no new pod was Ready within {seconds} s") from None
            if name in known or at < started:
                continue
            if running:
                seen.setdefault("running", at - started)
            if ready == "True":
                seen["ready"] = at - started
                seen.setdefault("running", seen["ready"])
        return seen


def names(kube, selector):
    return {pod["metadata"]["name"] for pod in kube.get("pods", selector=selector)}


def memory_megabytes(kube, namespace, prefix):
    """Working sets of the containers of pods with that name prefix, by the kubelets' own statistics."""
    found = []
    for node in kube.get("nodes"):
        path = f"/api/v1/nodes/{node['metadata']['name']}/proxy/stats/summary"
        for pod in json.loads(kube.run("get", "--raw", path).stdout)["pods"]:
            reference = pod["podRef"]
            if reference["namespace"] == namespace and reference["name"].startswith(prefix):
                found += [c["memory"]["workingSetBytes"] / 1e6 for c in pod.get("containers", [])
                          if "workingSetBytes" in c.get("memory", {})]
    return found
