"""The digits, from pixels to a service that sleeps when nobody asks: one method a chapter.

`./dev demo` tells it to a person, story_test.py holds it to its figures. Each chapter leaves what it
measured in `figures`; nothing is printed but through `say` (a line) and `show` (a table of kubectl).
"""
import json
import pathlib
import threading
import time

import numpy
import tritonclient.http
import yaml

from support import digits, load, store
from support.kube import CommandFailed, condition_of, is_true, wait_for

HERE = pathlib.Path(__file__).resolve().parent
JOB = (HERE / "training-job.yaml").read_text()
SERVICE = (HERE / "model-service.yaml").read_text()
DEADLINE_MS = 1000  # what a user of the service would wait
MAX_REPLICAS = 5
MOST_IN_A_BURST = 500  # requests a second: what comes in the seconds that a first replica takes to start fits into the gateway


def scaled(service_text, **scaling):
    """The service's YAML with a scaling section instead of fixed replicas."""
    service = yaml.safe_load(service_text)
    service["spec"].pop("replicas", None)
    service["spec"]["scaling"] = {"min": 0, "max": MAX_REPLICAS, **scaling}
    return yaml.safe_dump(service)


class Digits:
    def __init__(self, kube, gateway, s3_image, say=print, show=print):
        self.kube, self.gateway, self.s3_image = kube, gateway.rstrip("/"), s3_image
        self.say, self.show = say, show
        self.figures = {}
        self.pixels = self.answers = None

    # --- chapter 1: the data ------------------------------------------------------------------

    def upload(self):
        """An S3 server, and the digits in it as Parquet."""
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {
            "name": self.kube.namespace, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
        self.kube.apply(json.dumps(namespace))
        train_pixels, train_digits, self.pixels, self.answers = digits.load()

        with store.started(self.kube, self.s3_image) as s3:
            store.write(s3, "data/digits/train.parquet", digits.parquet(train_pixels, train_digits))
            store.write(s3, "data/digits/kept-out.parquet", digits.parquet(self.pixels, self.answers))
        self.say(f"{len(train_digits):,} digits to learn from and {len(self.answers):,} kept out are in s3://data/digits")

    # --- chapter 2: training, and a worker that dies ---------------------------------------------

    def job(self):
        return self.kube.get("trainingjob", "digits")

    def explain_job(self):
        return self.kube.run("describe", "trainingjob", "digits", check=False).stdout + self.kube.run(
            "get", "pods", "-o", "wide", check=False).stdout

    def checkpoints(self, s3, uid):
        """Steps of the complete checkpoints, in order."""
        manifests = [n for n in store.names(s3, f"models/digits-checkpoints/{uid}") if n.endswith("/manifest.json")]
        return sorted(int(name.split("/")[-2].split("-")[0]) for name in manifests)

    def train(self):
        self.kube.apply(JOB)
        started = time.monotonic()
        uid = self.job()["metadata"]["uid"]
        with store.reached(self.kube) as s3:
            steps = wait_for("two checkpoints", lambda: (found := self.checkpoints(s3, uid)) and
                             max(found) >= 100 and found, 240, explain=self.explain_job)
        self.show(self.kube.table("trainingjobs"))
        self.show(self.kube.table("pods", "-l", "cresset.dev/training-job=digits"))
        victim = wait_for("a running worker", lambda: next(
            (p for p in self.kube.get("pods", selector="cresset.dev/training-job=digits")
             if p["metadata"]["labels"].get("cresset.dev/worker-index") == "1"
             and p["status"]["phase"] == "Running"), None), 30)["metadata"]["name"]
        self.say(f"step {max(steps)} is saved; now one of the two workers is killed: {victim}")
        self.kube.run("delete", "pod", victim, "--grace-period=0", "--force")
        self.figures["checkpoint_before_kill"] = max(steps)
        self.finish_job(started)

    def finish_job(self, started):
        job = wait_for("the job's end", lambda: (j := self.job()) and
                       (is_true(j, "Complete") or is_true(j, "Failed")) and j, 300, explain=self.explain_job)
        if is_true(job, "Failed"):
            raise AssertionError(f"the job failed: {condition_of(job, 'Failed').get('message')}")
        status = job["status"]
        self.figures.update(
            accuracy_job=status["metrics"]["accuracy"],
            resumed_from_step=status["resumedFromStep"],
            restarts=status["restarts"],
            model_uri=status["model"]["uri"],
            seconds_training=round(time.monotonic() - started, 1))
        self.show(self.kube.table("trainingjobs"))
        self.say(f"it went on from step {status['resumedFromStep']} and is right on "
                 f"{100 * status['metrics']['accuracy']:.1f} % of the digits that it never saw")

    # --- chapter 3: serving ------------------------------------------------------------------------

    def service(self):
        return self.kube.get("modelservice", "digits")

    def explain_service(self):
        return self.kube.run("describe", "modelservice", "digits", check=False).stdout + self.kube.run(
            "get", "pods", "-o", "wide", check=False).stdout

    def headers(self):
        return {"Authorization": f"Bearer {self.kube.token()}"}

    def serve(self):
        self.kube.apply(SERVICE)
        wait_for("the service", lambda: is_true(self.service(), "Ready"), 120, explain=self.explain_service)
        self.show(self.kube.table("modelservices"))
        self.figures["accuracy_served"] = self.accuracy("digits")
        self.say(f"the same digits, sent as raw pixels through the gateway by an independent client: "
                 f"{100 * self.figures['accuracy_served']:.1f} % right")

    def accuracy(self, name):
        """Of a served model over the rows kept out, asked by tritonclient."""
        address = f"{self.gateway.split('://')[1]}/{self.kube.namespace}/{name}"
        client = tritonclient.http.InferenceServerClient(address)
        headers, right = self.headers(), 0
        for start in range(0, len(self.pixels), 50):
            rows = numpy.ascontiguousarray(self.pixels[start:start + 50])
            request = tritonclient.http.InferInput("input", list(rows.shape), "FP32")
            request.set_data_from_numpy(rows, binary_data=start % 100 == 0)  # both encodings
            answer = client.infer(name, [request], headers=dict(headers))  # the client adds its own to it
            right += int((answer.as_numpy("label").ravel() == self.answers[start:start + 50]).sum())
        return right / len(self.pixels)

    # --- chapter 4: load, and sleep -----------------------------------------------------------------

    def infer_url(self):
        return f"{self.gateway}/{self.kube.namespace}/digits/v2/models/digits/infer"

    def a_request(self):
        """(body, headers) of 8 images in the binary encoding: what a replica is asked under load."""
        rows = numpy.ascontiguousarray(self.pixels[::120][:8])
        tensor = {"name": "input", "shape": list(rows.shape), "datatype": "FP32",
                  "parameters": {"binary_data_size": rows.nbytes}}
        head = json.dumps({"inputs": [tensor], "outputs": [{"name": "label"}]}).encode()
        return head + rows.tobytes(), {**self.headers(), "Content-Type": "application/octet-stream",
                                       "Inference-Header-Content-Length": str(len(head))}

    def measure_capacity(self, seconds=6):
        """What one replica of 125m CPU answers a second: few, so that five of them, the gateway and the load fit into two cores."""
        outcome = load.closed_loop(self.infer_url(), *self.a_request(), connections=8, seconds=seconds)
        self.figures["capacity"] = round(outcome.rate, 1)
        self.say(f"one replica answers {outcome.rate:.0f} requests a second, of 8 images each")
        return outcome.rate

    def overload_without_scaling(self, seconds=12):
        """The same load with one fixed replica: how many miss the deadline."""
        rate = self.rate()
        outcome = load.open_loop(self.infer_url(), *self.a_request(), rate, seconds, timeout=60)
        self.figures["late_without_scaling"] = outcome.late(DEADLINE_MS) / max(1, outcome.sent)
        self.say(f"with one replica, {100 * self.figures['late_without_scaling']:.0f} % of {rate:.0f} requests a second "
                 f"miss {DEADLINE_MS} ms")

    def scale_by_load(self):
        self.kube.apply(scaled(SERVICE, target={"concurrency": 2}, windowSeconds=10, idleSeconds=10))

    def rate(self):
        """Requests a second: 2.2 times what one replica answers."""
        return 2.2 * self.figures["capacity"]

    def overload(self, rate, seconds):
        """Gives the outcome, how many replicas were ready at once at most, and the causes of each count that the status
        wanted."""
        most, reasons, stop = [0], {}, threading.Event()

        def watch():
            while not stop.is_set():
                try:
                    status = (self.service() or {}).get("status", {})
                except CommandFailed:  # an overloaded relay drops one now and then; the next look tells the same
                    status = {}
                most[0] = max(most[0], status.get("readyReplicas", 0))
                scaling = status.get("scaling", {})
                if scaling:
                    reasons.setdefault(scaling["desired"], set()).add(scaling["cause"])
                stop.wait(0.5)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            outcome = load.open_loop(self.infer_url(), *self.a_request(), rate, seconds, timeout=60)
        finally:
            stop.set()
            watcher.join()
        return outcome, most[0], {count: sorted(causes) for count, causes in reasons.items()}

    def scale_up(self, seconds=40):
        self.scale_by_load()
        rate = self.rate()
        outcome, most, self.figures["reasons"] = self.overload(rate, seconds)
        self.figures.update(replicas_max=most, failed_requests=outcome.failed, requests_sent=outcome.sent,
                            p99_milliseconds=round(outcome.percentile(0.99)), load_errors=dict(outcome.errors))
        self.figures["late_with_scaling"] = outcome.late(DEADLINE_MS) / max(1, outcome.sent)
        last = sorted(outcome.latencies[-int(rate * 5):])
        self.figures["p50_last_5s_milliseconds"] = round(1000 * load.median(last)) if last else None
        self.show(self.kube.table("modelservices"))
        self.say(f"under {rate:.0f} requests a second it went to {most} replicas; {outcome.failed} of "
                 f"{outcome.sent:,} requests failed, {100 * self.figures['late_with_scaling']:.0f} % missed {DEADLINE_MS} ms, "
                 "most while the replicas were coming")

    def burst(self, seconds=10):
        """The same load, but for MOST_IN_A_BURST, on a service that sleeps. Until the first replica is ready all of it
        waits in the gateway, which holds 128 MiB (26 KB each here) and 4,096 connections for 60 s."""
        self.scale_by_load()
        self.sleep()
        outcome, most, reasons = self.overload(min(self.rate(), MOST_IN_A_BURST), seconds)
        self.figures.update(burst_replicas_max=most, burst_failed_requests=outcome.failed, burst_requests_sent=outcome.sent,
                            burst_longest_seconds=round(max(outcome.latencies, default=0), 1),
                            burst_load_errors=dict(outcome.errors), burst_reasons=reasons)
        self.say(f"from zero it went to {most} replicas; {outcome.failed} of {outcome.sent:,} requests failed, and the "
                 f"longest waited {self.figures['burst_longest_seconds']} s")

    def events(self, reason):
        """About the service, in the order in which they happened."""
        mine = [e for e in self.kube.get("events.events.k8s.io")
                if e.get("reason") == reason and e["regarding"]["kind"] == "ModelService" and e["regarding"]["name"] == "digits"]
        return sorted(mine, key=lambda e: e.get("eventTime") or "")

    def sleep(self):
        wait_for("zero replicas", lambda: self.service()["status"].get("replicas", 0) == 0 and not [
            p for p in self.kube.get("pods", selector="cresset.dev/model-service=digits")], 180,
            explain=self.explain_service)
        self.figures["scaled_events"] = [e["note"] for e in self.events("Scaled")]
        self.figures["replicas_idle"] = self.service()["status"].get("replicas", 0)
        self.show(self.kube.table("modelservices"))
        self.say("nobody asks, so no replica runs")

    def wake(self):
        started = time.monotonic()
        outcome = load.closed_loop(self.infer_url(), *self.a_request(), connections=1, seconds=0.001,
                                   timeout=60)
        if outcome.failed:
            raise AssertionError(f"the request that wakes the service failed: {dict(outcome.errors)}")
        self.figures["seconds_first_answer_from_zero"] = round(time.monotonic() - started, 2)
        self.say(f"the next request woke it and was answered after {self.figures['seconds_first_answer_from_zero']} s")

    # --- chapter 5: the end ----------------------------------------------------------------------------

    def left_over(self):
        """What of Cresset's making is still in the namespace: by the label of who made it, or of whom it was made for."""
        kinds = ("pods,replicasets,deployments,services,endpointslices,configmaps,secrets,networkpolicies,"
                 "leases,serviceaccounts")
        found = self.kube.get("trainingjobs,modelservices")
        for selector in ("app.kubernetes.io/managed-by=cresset", "cresset.dev/training-job", "cresset.dev/model-service"):
            found += self.kube.get(kinds, selector=selector)
        return sorted({f"{o['kind']}/{o['metadata']['name']}" for o in found})

    def delete(self):
        self.figures["made"] = self.left_over()
        self.kube.run("delete", "trainingjob,modelservice", "--all", "--timeout=60s")
        wait_for("everything gone", lambda: not self.left_over(), 90, explain=lambda: str(self.left_over()))
        self.figures["left_over"] = len(self.left_over())
        self.say("the job, the service and everything made for them are gone")
