"""A control plane of a bench's own (no scheduler, no kubelet) and what the bench asks of it."""
import base64
import collections
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
CONTROL_PLANE = ROOT / "e2e" / "cluster" / "control_plane.sh"
LOOP = ROOT / "build/release/tests/bench/create_loop"
KUBE = os.environ.get("CRESSET_KUBE", "")
CONNECTIONS = 64
TICKS = os.sysconf("SC_CLK_TCK")
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
# Written for the leader election, for what asks who somebody is, and by KWOK's nodes, not for the work.
NOT_WORK = ("leases", "nodes", "tokenreviews", "subjectaccessreviews", "selfsubjectaccessreviews")
REQUESTS = re.compile(r'^apiserver_request_total\{(.*)\} (\S+)$', re.M)
OPEN = re.compile(r'^apiserver_longrunning_requests\{(.*)\} (\S+)$', re.M)
LABEL = re.compile(r'(\w+)="([^"]*)"')


def wait_until(ready, what, seconds=600, every=0.02):
    """Seconds until `ready()` is true."""
    begun = time.monotonic()
    while not ready():
        if time.monotonic() - begun > seconds:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(every)
    return time.monotonic() - begun


class Process:
    """A program that a contestant consists of, with its log and what it used."""

    def __init__(self, name, command, folder, **kwargs):
        self.name, self.log = name, pathlib.Path(folder) / f"{name}.log"
        with open(self.log, "w") as out:
            self._process = subprocess.Popen([str(word) for word in command], stdout=out, stderr=out, **kwargs)

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_megabytes(self):
        status = pathlib.Path(f"/proc/{self._process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def check(self):
        if self._process.poll() is not None:
            raise SystemExit(f"{self.name} ended by itself:\n{self.log.read_text()[-3000:]}")
        return True

    def stop(self):
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Loop:
    """create_loop: a line is asked, a line is its answer. Its first error ends it, and is what is told then."""

    def __init__(self, command, folder):
        self._log = pathlib.Path(folder) / "create_loop.log"
        with open(self._log, "w") as errors:
            self._process = subprocess.Popen([str(word) for word in command], text=True, stdin=subprocess.PIPE,
                                             stdout=subprocess.PIPE, stderr=errors)
        self._answer("its start")

    def ask(self, line):
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it ended before, which the missing answer tells
        return self._answer(f'"{line}"')

    def _answer(self, asked):
        line = self._process.stdout.readline()
        if line.endswith("\n"):
            return line
        raise SystemExit(f"{self._process.args[0]} ended with {self._process.wait()} at {asked}, having said {line!r} and\n"
                         f"{self._log.read_text()[-3000:]}")

    def stop(self):
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()


class Plane:
    """etcd, an API server, and the garbage collector; a context manager."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cresset-bench-"))
        done = subprocess.run([CONTROL_PLANE, "start", self.folder / "plane", "--controllers",
                               "garbage-collector-controller", "--qps", "5000"], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
        self.kubeconfig = self.folder / "plane" / "kubeconfig"
        try:
            self._connect()
            self._loop = Loop([LOOP, self.kubeconfig, str(CONNECTIONS)], self.folder)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_):
        self._loop.stop()
        self._stop()

    def _stop(self):
        subprocess.run([CONTROL_PLANE, "stop", self.folder / "plane"], check=True, capture_output=True)
        shutil.rmtree(self.folder)

    def _connect(self):
        text = self.kubeconfig.read_text()
        files = {}
        for key in ("certificate-authority-data", "client-certificate-data", "client-key-data"):
            files[key] = self.folder / key
            files[key].write_bytes(base64.b64decode(re.search(key + r": (\S+)", text)[1]))
        context = ssl.create_default_context(cafile=files["certificate-authority-data"])
        context.load_cert_chain(files["client-certificate-data"], files["client-key-data"])
        host = re.search(r"server: https://(\S+)", text)[1]
        self._api = http.client.HTTPSConnection(host, context=context, timeout=120)

    def call(self, method, path, body=None, accept="application/json", content_type="application/json"):
        self._api.request(method, path, json.dumps(body) if body is not None else None,
                          {"Accept": accept, "Content-Type": content_type})
        answer = self._api.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:500]!r}")
        return json.loads(text) if answer.headers["Content-Type"].startswith("application/json") else text.decode()

    def apply(self, manifest):
        """A file of manifests, by kubectl."""
        subprocess.run([KUBE, "kubectl", f"--kubeconfig={self.kubeconfig}", "apply", "--server-side", "-f", manifest],
                       check=True, capture_output=True)

    def namespace(self, name):
        self.call("POST", "/api/v1/namespaces", {"metadata": {"name": name}})

    def pods(self, namespace, selector=None):
        """How many pods there are; cheap without a selector."""
        query = f"labelSelector={selector}" if selector else "limit=1"
        found = self.call("GET", f"/api/v1/namespaces/{namespace}/pods?{query}", accept=METADATA)
        return len(found["items"] or ()) + found["metadata"].get("remainingItemCount", 0)

    def wait_for_pods(self, namespace, count, selector=None):
        """Until there are `count`. Each question costs the server as much as a pod, so few are asked: about
        one for each ten pods (but for the last, the bare loop asks none)."""
        return wait_until(lambda: self.pods(namespace, selector) == count, f"{count} pods in {namespace}",
                          every=min(0.05, max(0.002, count * 1e-4)))

    def many(self, verb, resource, lines):
        """create_loop's seconds for `lines`: objects to create, or names to delete."""
        path = self.folder / "lines"
        path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
        return float(self._loop.ask(f"{verb} {resource} {path}"))

    def delete_pods(self, namespace):
        found = self.call("GET", f"/api/v1/namespaces/{namespace}/pods", accept=METADATA)
        return self.many("delete", "core v1 pods", [f"{namespace}/{item['metadata']['name']}" for item in found["items"]])

    def writes(self):
        """All requests so far that write, by verb and resource."""
        return self._counted(REQUESTS, "POST", "PUT", "PATCH", "APPLY", "DELETE")

    def reads(self):
        """All lists so far, and the watches that are open (of these the count of requests has those that ended)."""
        text = self.call("GET", "/metrics", accept="text/plain")
        return self._counted(REQUESTS, "LIST", text=text) | self._counted(OPEN, "WATCH", text=text)

    def _counted(self, metric, *verbs, text=None):
        total = collections.Counter()
        for labels, value in metric.findall(text or self.call("GET", "/metrics", accept="text/plain")):
            labels = dict(LABEL.findall(labels))
            resource = "/".join(filter(None, (labels["resource"], labels["subresource"])))
            if labels["verb"] in verbs and labels["resource"] not in NOT_WORK:
                total[f"{labels['verb']} {resource}"] += int(float(value))
        return total

    def settled_writes(self, quiet=1.5):
        """writes(), once they have not changed for a while."""
        seen, since = self.writes(), time.monotonic()
        while time.monotonic() - since < quiet:
            time.sleep(0.2)
            now = self.writes()
            if now != seen:
                seen, since = now, time.monotonic()
        return seen


def difference(before, after):
    return {key: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key, 0)}
