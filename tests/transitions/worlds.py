"""A namespace with one object that is changed again and again, a kubelet that runs what can run, and what they come to."""
import json
import time

from tests.support.api import Refused
from tests.faults.kubelet import Kubelet, instant
from tests.transitions.state import end_state

NAME = "digits"
TRAINED = ("trained", "other")  # jobs whose models a service may name
BROKEN = "broken"  # an image with this in its name cannot be pulled
PATIENCE = 30


class PullingKubelet(Kubelet):
    """One that cannot pull some images."""

    def next_step(self, pod):
        step = super().next_step(pod)
        return "stuck" if step == "run" and BROKEN in pod["spec"]["containers"][0]["image"] else step

    def status(self, pod, step):
        if step != "stuck":
            return super().status(pod, step)
        waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
        return {"phase": "Pending", "containerStatuses": [
            {"name": one["name"], "ready": False, "restartCount": 0, "image": one["image"], "imageID": "", "state": waiting}
            for one in pod["spec"]["containers"]]}


class World:
    def __init__(self, lab, kind, kind_name, namespace, quiet):
        self.api, self.history, self.kind, self.kind_name = lab.api, lab.history, kind, kind_name
        self.namespace, self.quiet = namespace, quiet
        self.api.create("namespaces", None, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        self.kubelet = PullingKubelet(self.api, self.history, namespace)
        self.spec, self.ended = None, False
        if kind == "modelservices":
            for name in TRAINED:
                self.add_trained(name)

    def add_trained(self, name):
        """A TrainingJob that is complete, without a pod ever."""
        least = {"suspend": True, "training": {"data": {"train": {"uri": "s3://data/a.csv"}, "label": "y"}},
                 "output": {"uri": f"s3://models/{name}"}}
        self.api.create("trainingjobs", self.namespace, {"apiVersion": "cresset.dev/v1alpha1", "kind": "TrainingJob",
                                                         "metadata": {"name": name}, "spec": least})
        complete = {"type": "Complete", "status": "True", "reason": "Trained", "message": "", "lastTransitionTime": instant()}
        self.api.merge("trainingjobs", self.namespace, name, {"status": {
            "conditions": [complete], "state": "Complete", "model": {"uri": f"s3://models/{name}/1", "digest": "sha256:" + "c" * 64}}}, "status")

    def path(self, name=None, **options):
        query = "&".join(f"{key}={value}" for key, value in {"fieldValidation": "Strict", **options}.items())
        return f"{self.api.path(self.kind, self.namespace, name)}?{query}"

    def thing(self, spec):
        return {"apiVersion": "cresset.dev/v1alpha1", "kind": self.kind_name, "metadata": {"name": NAME}, "spec": spec}

    def create(self, spec, **options):
        return self.api.call("POST", self.path(**options), self.thing(spec))

    def change(self, spec, **options):
        """Replaces the whole spec; what the API server says when it refuses is raised."""
        for _ in range(20):
            now = self.api.call("GET", self.path(NAME))
            try:
                return self.api.call("PUT", self.path(NAME, **options), {**now, "spec": spec})
            except Refused as error:
                if error.status != 409:
                    raise
        raise AssertionError("20 conflicts one after another")

    def delete(self):
        self.api.delete(self.kind, self.namespace, NAME, propagationPolicy="Background")
        self.wait(lambda: not self.objects(), "all that the object owned is gone", 90)

    def objects(self):
        """All that is there but the jobs that the service may name and what other controllers make."""
        return {(kind, name): thing for (kind, name), thing in self.history.snapshot(self.namespace)[0].items()
                if kind != "replicasets" and not (kind == "trainingjobs" and name in TRAINED)}

    def generation(self):
        return self.api.call("GET", self.path(NAME))["metadata"]["generation"]

    def wait(self, ready, what, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while not ready():
            for broken in (self.history.broken, self.kubelet.broken):
                if broken:
                    raise AssertionError(broken)
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s: {what}")
            with self.history.changed:
                self.history.changed.wait(0.2)

    def is_seen(self, generation):
        thing = self.objects().get((self.kind, NAME), {})
        return thing.get("metadata", {}).get("generation", 0) >= generation \
            and thing.get("status", {}).get("observedGeneration", 0) >= generation

    def settle(self, quiet=None):
        """The end state once the operator has seen the spec and nothing has moved for a while."""
        generation = self.generation()
        # What is refused at once is told under the generation that was seen before.
        try:
            self.wait(lambda: self.is_seen(generation), "the operator has seen the spec", 5)
        except AssertionError:
            if self.history.broken or self.kubelet.broken:
                raise
        count, since, end = -1, time.monotonic(), time.monotonic() + PATIENCE
        while time.monotonic() - since < (quiet or self.quiet) and time.monotonic() < end:
            now = len(self.history.snapshot(self.namespace)[1])
            if now != count:
                count, since = now, time.monotonic()
            with self.history.changed:
                self.history.changed.wait(0.1)
        return self.state()

    def state(self):
        self.wait(lambda: (self.kind, NAME) in self.objects(), "the object is seen")
        return end_state(self.kind, NAME, self.objects())

    def stored(self):
        """The spec as it is kept, to hold against that of before."""
        return json.dumps(self.api.call("GET", self.path(NAME))["spec"], sort_keys=True)

    def close(self):
        self.kubelet.stop()
        self.api.delete(self.kind, self.namespace, NAME, propagationPolicy="Background")
