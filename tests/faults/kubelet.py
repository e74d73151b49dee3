"""A kubelet that runs nothing: it binds pods, says that they run, ends them as the workload tells, and lets
those go that are being deleted. Driven by what is there, so that it does not matter when a pod comes."""
import datetime
import threading

from tests.support.api import Refused

JOB, INDEX, ATTEMPT = "cresset.dev/training-job", "cresset.dev/worker-index", "cresset.dev/attempt"
FINISHED = ("Succeeded", "Failed")


def instant():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def address_of(labels):
    if JOB in labels:
        return f"10.1.{labels[INDEX]}.{int(labels.get(ATTEMPT, 0)) + 1}"
    return "10.2.0.1"


class Kubelet:
    def __init__(self, api, history, namespace):
        self.api, self.history, self.namespace = api, history, namespace
        self.endings = {}  # (index, attempt) -> (exit code, last words); index None: every worker
        self.told = {}     # what was written last, by pod uid
        self.stopped = False
        self.broken = None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def end(self, index, attempt, code, words=""):
        self.endings[index, attempt] = (code, words)
        with self.history.changed:
            self.history.changed.notify_all()

    def stop(self):
        self.stopped = True
        with self.history.changed:
            self.history.changed.notify_all()
        self.thread.join(timeout=10)

    def run(self):
        try:
            while not self.stopped:
                if not any([self.look(pod) for pod in self.history.of(self.namespace, "pods")]):
                    with self.history.changed:
                        self.history.changed.wait(0.2)
        except Exception as error:
            self.broken = f"the fake kubelet: {error!r}"

    def look(self, pod):
        """One step for one pod; whether there was one."""
        meta, uid = pod["metadata"], pod["metadata"]["uid"]
        step = self.next_step(pod)
        if step is None or self.told.get(uid) == step:
            return False
        try:
            if step == "go":
                self.api.delete("pods", self.namespace, meta["name"], gracePeriodSeconds=0, preconditions={"uid": uid})
            elif step == "bind":
                self.api.create_sub("pods", self.namespace, meta["name"], "binding", {
                    "apiVersion": "v1", "kind": "Binding", "metadata": {"name": meta["name"], "uid": uid},
                    "target": {"kind": "Node", "name": self.node_of(pod)}})
            else:
                self.api.merge("pods", self.namespace, meta["name"],
                               {"metadata": {"uid": uid}, "status": self.status(pod, step)}, "status")
        except Refused as error:
            if error.status not in (404, 409):
                raise
        self.told[uid] = step
        return True

    def node_of(self, pod):
        return "node-0"

    def next_step(self, pod):
        labels, phase = pod["metadata"].get("labels", {}), pod.get("status", {}).get("phase")
        if "deletionTimestamp" in pod["metadata"]:
            return "go"
        if phase in FINISHED:
            return None
        if not pod["spec"].get("nodeName"):
            return "bind"
        if phase != "Running":
            return "run"
        if JOB in labels:
            index, attempt = int(labels[INDEX]), int(labels.get(ATTEMPT, 0))
            return self.endings.get((index, attempt)) or self.endings.get((None, None))
        return None

    def status(self, pod, step):
        ip = address_of(pod["metadata"].get("labels", {}))
        state, phase, ready = {"running": {"startedAt": instant()}}, "Running", True
        if step != "run":
            code, words = step
            state = {"terminated": {"exitCode": code, "reason": "Error" if code else "Completed",
                                    "finishedAt": instant(), "message": words}}
            phase, ready = "Failed" if code else "Succeeded", False
        containers = [{"name": one["name"], "ready": ready, "restartCount": 0, "image": one["image"], "imageID": "",
                       "state": state} for one in pod["spec"]["containers"]]
        return {"phase": phase, "podIP": ip, "podIPs": [{"ip": ip}], "containerStatuses": containers,
                "conditions": [{"type": "Ready", "status": str(ready), "lastTransitionTime": instant()}]}
