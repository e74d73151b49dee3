"""What users do, as scripts over one namespace: each step waits until the operator has answered the one before.
`world` is a rig.Run: api, namespace, kubelet, wait()."""
import json
import time

from tests.faults.kubelet import FINISHED, INDEX


# Letters of two, three and four bytes, to be broken in the middle (plans.py).
DIGITS = {"name": "digits", "annotations": {"words": "Größe 数字 🙂"}}


def training(count, **spec):
    return {"apiVersion": "cresset.dev/v1alpha1", "kind": "TrainingJob", "metadata": DIGITS,
            "spec": {"workers": {"count": count},
                     "training": {"model": {"architecture": "mlp"},
                                  "data": {"train": {"uri": "s3://data/train.parquet"}, "label": "y"}},
                     "output": {"uri": "s3://models/digits"}, **spec}}


LAST_WORDS = json.dumps({"modelUri": "s3://models/digits/1", "modelDigest": "sha256:" + "a" * 64,
                         "metrics": {"accuracy": 0.9}})


class Job:
    """The TrainingJob `digits` of a world, and what is waited for about it."""

    def __init__(self, world):
        self.world = world

    def submit(self, count, **spec):
        self.world.api.create("trainingjobs", self.world.namespace, training(count, **spec))

    def change(self, **spec):
        self.world.api.merge("trainingjobs", self.world.namespace, "digits", {"spec": spec})

    def status(self):
        found = self.world.find("trainingjobs", "digits")
        return found.get("status", {}) if found else {}

    def holds(self, condition):
        return any(one["type"] == condition and one["status"] == "True" for one in self.status().get("conditions", []))

    def live(self):
        return [pod for pod in self.world.all("pods") if pod.get("status", {}).get("phase") not in FINISHED]

    def wait_for_round(self, number):
        self.world.wait(lambda: self.status().get("round", 0) >= number and self.holds("Running")
                        and not self.holds("Restarting"), f"round {number} is on")

    def wait_for(self, condition):
        self.world.wait(lambda: self.holds(condition), f"the condition {condition}")

    def succeed(self):
        """Worker 0 writes the model and ends, then the others."""
        for attempt in range(9):
            self.world.kubelet.end(0, attempt, 0, LAST_WORDS)
        self.world.wait(lambda: any(pod["metadata"]["labels"][INDEX] == "0" and
                                    pod.get("status", {}).get("phase") == "Succeeded" for pod in self.world.all("pods")),
                        "worker 0 is done")
        self.world.kubelet.end(None, None, 0)
        self.wait_for("Complete")
        self.world.wait(lambda: not self.live(), "no worker is left")


def failure(world, meanwhile=lambda job: None):
    """A job's whole life, with a worker that dies in it."""
    job = Job(world)
    job.submit(2)
    meanwhile(job)
    job.wait_for_round(1)
    world.kubelet.end(1, 0, 137)
    job.wait_for_round(2)
    job.succeed()


def touched(world):
    """`failure`, and somebody notes something on the job again and again while its pods are made."""
    def note(job):
        world.wait(lambda: any(line.get("name") == "digits-1" for line in world.trace()), "the pods are asked for")
        for n in range(6):
            world.api.merge("trainingjobs", world.namespace, "digits", {"metadata": {"annotations": {"note": str(n)}}})
            time.sleep(0.1)

    failure(world, note)


def suspend(world):
    """Suspended while it trains, resumed, done."""
    job = Job(world)
    job.submit(2)
    job.wait_for_round(1)
    job.change(suspend=True)
    job.wait_for("Suspended")
    job.change(suspend=False)
    job.wait_for_round(2)
    job.succeed()


def resize(world):
    """From one worker to three to two."""
    job = Job(world)
    job.submit(1)
    job.wait_for_round(1)
    job.change(workers={"count": 3})
    job.wait_for_round(2)
    job.change(workers={"count": 2})
    job.wait_for_round(3)
    job.succeed()


def deletion(world):
    """Deleted while it trains, and made again under its name."""
    job = Job(world)
    job.submit(2)
    job.wait_for_round(1)
    world.api.delete("trainingjobs", world.namespace, "digits", propagationPolicy="Background")
    world.wait(lambda: not (world.all("trainingjobs") or world.all("pods") or world.all("services")
                            or world.all("networkpolicies")), "all that the job owned is gone")
    job.submit(2)
    job.wait_for_round(1)
    job.succeed()


def hopeless(world):
    """Fails for good: bad input, which no retry helps."""
    job = Job(world)
    job.submit(2)
    job.wait_for_round(1)
    world.kubelet.end(0, 0, 10, json.dumps({"error": "the label has no column", "rank": 0}))
    job.wait_for("Failed")
    world.wait(lambda: not job.live(), "no worker is left")


def service(world):
    """A ModelService that turns to a new revision."""
    def status():
        return world.find("modelservices", "digits").get("status", {})

    def serves(uri):
        ready = any(one["type"] == "Ready" and one["status"] == "True" for one in status().get("conditions", []))
        return ready and len(world.all("deployments")) == 1 and uri in json.dumps(world.all("deployments")[0]["spec"]) \
            and len(world.all("pods")) == len(world.all("replicasets")) == 1 and status().get("state") == "Ready"

    world.api.create("modelservices", world.namespace, {
        "apiVersion": "cresset.dev/v1alpha1", "kind": "ModelService", "metadata": DIGITS,
        "spec": {"model": {"uri": "s3://models/digits/1"}}})
    world.wait(lambda: world.find("modelservices", "digits") and serves("s3://models/digits/1"), "the first serves")
    world.api.merge("modelservices", world.namespace, "digits", {"spec": {"model": {"uri": "s3://models/digits/2"}}})
    world.wait(lambda: serves("s3://models/digits/2"), "the second serves and the first is gone")


WORKLOADS = {one.__name__: one for one in (failure, suspend, service, deletion, resize, hopeless)}
