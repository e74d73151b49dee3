"""Who takes part in ./dev bench operator: how each is started, asked for pods, and told to remove them. Ours and
the bare loop; the other operators are in peers.py.

All of them make the same pods: what Cresset renders for the job of `training_job`, taken from a live one.
"""
import copy
import socket
import time
import urllib.request

from plane import ROOT, Process, wait_until

CRESSET = ROOT / "build/release/operator/cresset"
PODS = "core v1 pods"
# Seconds: longer than anybody waits between two looks at an API server that is not ready (a second); between two looks
# of ours at its metrics; until the garbage collector, which looks for new kinds each 30, has listed the contestant's.
QUIET, LOOK, COLLECTOR = 3.0, 0.25, 35.0
# CPU seconds of a second that the timers of idle processes use.
IDLE = 0.02
SERVER_FIELDS = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "ownerReferences")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def training_job(namespace, name, count):
    return {"apiVersion": "cresset.dev/v1alpha1", "kind": "TrainingJob",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"workers": {"count": count},
                     "training": {"model": {"architecture": "mlp"},
                                  "data": {"train": {"uri": "s3://data/train.parquet"}, "label": "y"}},
                     "output": {"uri": f"s3://models/{name}"}}}


def is_well(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


class Contestant:
    """Subclasses say `jobs` (GROUP VERSION PLURAL), `job`, `start` and `processes`."""

    jobs = ""
    processes = ()

    def __init__(self, plane):
        self.plane = plane

    def __enter__(self):
        self.prepare()
        self._prepared = time.monotonic()
        if self.jobs:
            self.wait_served(self.jobs)
        self.start()
        return self

    def wait_served(self, resource):
        wait_until(lambda: self._is_served(resource), f"the API server serves {resource}")

    def _is_served(self, resource):
        try:
            return self.plane.call("GET", "/apis/{}/{}/{}".format(*resource.split()))
        except RuntimeError:
            return False

    def __exit__(self, *_):
        self.stop()

    def prepare(self):
        pass

    def start(self):
        pass

    def stop(self):
        for process in self.processes:
            process.stop()
        self.processes = ()

    def path(self, namespace, name=""):
        return "/apis/{}/{}/namespaces/{ns}/{}".format(*self.jobs.split(), ns=namespace) + (name and "/" + name)

    def create(self, namespace, name, count):
        """Seconds from the submission of one job to the last of its pods."""
        begun = time.monotonic()
        self.plane.call("POST", self.path(namespace), self.job(namespace, name, count))
        self.plane.wait_for_pods(namespace, count)
        return time.monotonic() - begun

    def create_many(self, namespace, jobs, count):
        begun = time.monotonic()
        self.plane.many("create", self.jobs, [self.job(namespace, f"job-{i}", count) for i in range(jobs)])
        self.plane.wait_for_pods(namespace, jobs * count)
        return time.monotonic() - begun

    def delete(self, namespace, name):
        """Seconds from the deletion of a job to the end of its last pod."""
        begun = time.monotonic()
        self.plane.call("DELETE", self.path(namespace, name), {"propagationPolicy": "Background"})
        self.plane.wait_for_pods(namespace, 0)
        return time.monotonic() - begun

    def fail_one(self, namespace):
        """Ends one pod as the kubelet would; answers when that was."""
        pod = self.plane.call("GET", f"/api/v1/namespaces/{namespace}/pods?limit=1")["items"][0]
        ended = {"exitCode": 137, "reason": "Error", "finishedAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        container = pod["spec"]["containers"][0]
        status = {"phase": "Failed", "containerStatuses": [
            {"name": container["name"], "image": container["image"], "imageID": "", "ready": False,
             "restartCount": 0, "state": {"terminated": ended}}]}
        begun = time.monotonic()
        self.plane.call("PATCH", f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}/status",
                        {"status": status}, content_type="application/merge-patch+json")
        return begun

    def cpu_seconds(self):
        return sum(process.cpu_seconds() for process in self.processes)

    def memory_megabytes(self):
        return sum(process.memory_megabytes() for process in self.processes)

    def restart(self):
        """Seconds from a start over what is there until it is steady."""
        time.sleep(max(0, self._prepared + COLLECTOR - time.monotonic()))
        self.stop()
        begun = time.monotonic()
        self.start()
        self.wait_ready()
        return self.steady_since() - begun

    def steady_since(self):
        """When the first QUIET seconds began in which its processes used no CPU to speak of and the API server was
        asked for no list and no watch: who only waits for an answer, or for its next look at the API server, is idle
        too, but not done."""
        samples = [(time.monotonic(), self.cpu_seconds())]
        since, reads, looked = 0, self.plane.reads(), time.monotonic()
        while samples[-1][0] - samples[since][0] < QUIET:
            time.sleep(0.02)
            for process in self.processes:
                process.check()
            samples.append((time.monotonic(), self.cpu_seconds()))
            while samples[-1][1] - samples[since][1] > IDLE * max(1, samples[-1][0] - samples[since][0]):
                since += 1
            if samples[-1][0] - looked >= LOOK:
                before, reads = reads, self.plane.reads()
                # A look that began before `since` may have seen what was done until then.
                if reads != before and looked >= samples[since][0]:
                    since = len(samples) - 1
                looked = samples[-1][0]
        return samples[since][0]


class Cresset(Contestant):
    name = "ours"
    jobs = "cresset.dev v1alpha1 trainingjobs"
    job = staticmethod(training_job)

    def prepare(self):
        for crd in sorted((ROOT / "helm/cresset/schemas").glob("*.yaml")):
            self.plane.apply(crd)
        self.plane.namespace("cresset-system")

    def start(self):
        self._metrics, coordination = free_port(), free_port()
        # The one pod name: who comes back under it leads at once.
        self.processes = (Process("operator", [
            CRESSET, "operator", f"--kubeconfig={self.plane.kubeconfig}", "--namespace=cresset-system",
            f"--metrics-address=127.0.0.1:{self._metrics}", f"--coordination-address=127.0.0.1:{coordination}",
            f"--coordination-url=https://127.0.0.1:{coordination}", "--worker-image=localhost/cresset-worker:dev",
            "--worker-cuda-image=localhost/cresset-cuda:dev"], self.plane.folder,
            env={"POD_NAME": "operator-0", "PATH": "/usr/bin"}),)

    def wait_ready(self):
        wait_until(self._is_ready, "the operator is ready")

    def _is_ready(self):
        self.processes[0].check()
        return is_well(self._metrics)

    def react(self, namespace, count):
        begun = self.fail_one(namespace)
        self.plane.wait_for_pods(namespace, count + 1)
        return time.monotonic() - begun

    def pod(self, namespace):
        """One of its pods as it was asked for, but for the owner, who would be missed elsewhere."""
        pod = self.plane.call("GET", f"/api/v1/namespaces/{namespace}/pods?limit=1")["items"][0]
        pod.pop("status")
        for field in SERVER_FIELDS:
            pod["metadata"].pop(field, None)
        return {**pod, "apiVersion": "v1", "kind": "Pod"}


class BareLoop(Contestant):
    """The pods alone, at the same concurrency: what the API server gives."""

    name = "a bare create loop"

    def __init__(self, plane, pod):
        super().__init__(plane)
        self._pod = pod

    def wait_ready(self):
        pass

    def _pods(self, namespace, name, count):
        for index in range(count):
            pod = copy.deepcopy(self._pod)
            pod["metadata"].update(name=f"{name}-{index}", namespace=namespace)
            pod["spec"]["hostname"] = f"{name}-{index}"
            yield pod

    def create(self, namespace, name, count):
        return self.plane.many("create", PODS, self._pods(namespace, name, count))

    def create_many(self, namespace, jobs, count):
        return self.plane.many("create", PODS, (pod for i in range(jobs)
                                                for pod in self._pods(namespace, f"job-{i}", count)))

    def delete(self, namespace, name):
        return self.plane.delete_pods(namespace)
