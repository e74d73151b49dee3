"""Makes and deletes TrainingJobs and ModelServices before a live operator, and measures what is left of them in it."""
import collections
import concurrent.futures
import contextlib
import itertools
import pathlib
import re
import time

from tests.faults.kubelet import Kubelet

LEAST = {"trainingjobs": {"workers": {"count": 2}, "training": {"data": {"train": {"uri": "s3://data/a.csv"}, "label": "y"}},
                          "output": {"uri": "s3://models/a"}},
         "modelservices": {"model": {"uri": "s3://models/a/1"}, "scaling": {"min": 1, "max": 2}}}
KINDS = {"trainingjobs": "TrainingJob", "modelservices": "ModelService"}
# What the operator tells of the objects that it holds: all of them 0 at rest.
WAITING = ("workqueue_depth", "controller_runtime_active_workers", "cresset_awaited_objects")
POOLED = 8  # connections that may be open or not
POOL_THREAD = "cresset-pool"  # operator/base/worker_pool.h: begun when there is work, and stay
Measure = collections.namedtuple("Measure", "cycles rss_kib descriptors threads series waiting")


def threads_by_name(proc):
    """Name → how many there are of it."""
    found = collections.Counter()
    for task in proc.joinpath("task").iterdir():
        with contextlib.suppress(OSError):  # it has ended meanwhile
            found[task.joinpath("comm").read_text().strip()] += 1
    return found


def threads_but_pools(proc):
    found = threads_by_name(proc)
    return found.total() - found[POOL_THREAD]


def measure(operator, cycles):
    """Of the process and its /metrics, as of now."""
    proc = pathlib.Path(f"/proc/{operator.process.pid}")
    status = proc.joinpath("status").read_text()
    lines = [line for line in operator.http("/metrics")[1].splitlines() if not line.startswith("#")]
    waiting = {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(WAITING)}
    return Measure(cycles, int(re.search(r"VmRSS:\s+(\d+)", status)[1]), len(list(proc.joinpath("fd").iterdir())),
                   threads_but_pools(proc), frozenset(line.rsplit(" ", 1)[0] for line in lines),
                   {name: value for name, value in waiting.items() if value})


class Soak:
    def __init__(self, lab, operator, namespace="soak", jobs=8, say=print):
        self.api, self.history, self.operator, self.jobs, self.say = lab.api, lab.history, operator, jobs, say
        self.namespace, self.numbers, self.done = namespace, itertools.count(), 0
        self.api.create("namespaces", None, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        self.kubelet = Kubelet(self.api, self.history, namespace)

    def close(self):
        self.kubelet.stop()

    def wait(self, ready, what, seconds=120):
        end = time.monotonic() + seconds
        while not ready():
            for broken in (self.history.broken, self.kubelet.broken):
                if broken:
                    raise AssertionError(broken)
            assert self.operator.process.poll() is None, f"the operator ended; {self.operator.log}"
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s: {what}")
            with self.history.changed:
                self.history.changed.wait(0.2)

    def wait_quietly(self, seconds):
        """Nothing is to happen: what is broken ends it early."""
        end = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() >= end, "the time is over", seconds + 60)

    def there(self):
        return self.history.snapshot(self.namespace)[0]

    def is_running(self, kind, name, uid):
        thing = self.there().get((kind, name))
        if thing is None or thing["metadata"]["uid"] != uid:
            return False
        wanted = "Running" if kind == "trainingjobs" else "Ready"
        return any(one["type"] == wanted and one["status"] == "True" for one in thing.get("status", {}).get("conditions", []))

    def cycle(self, _):
        """An object of each kind from its making to its running to its end; half of the names were there before."""
        number = next(self.numbers)
        name = f"again-{number % 32}" if number % 2 else f"new-{number}"
        for kind in LEAST:
            self.start(kind, name)
            self.api.delete(kind, self.namespace, name, propagationPolicy="Background")

    def start(self, kind, name):
        made = self.create(kind, name, LEAST[kind])
        self.wait(lambda: self.is_running(kind, name, made["metadata"]["uid"]), f"{kind} {name} runs")

    def create(self, kind, name, spec):
        thing = {"apiVersion": "cresset.dev/v1alpha1", "kind": KINDS[kind], "metadata": {"name": name}, "spec": spec}
        return self.api.create(kind, self.namespace, thing)

    def run(self, cycles):
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            for _ in pool.map(self.cycle, range(cycles)):
                pass
        self.done += cycles

    def at_rest(self, seconds=3.0):
        """What is measured when all that was made is gone and the queues are empty."""
        self.wait(lambda: not self.there(), "all that was made is gone")
        self.history.forget(self.namespace)
        return self.in_calm(seconds)

    def in_calm(self, seconds=3.0):
        """What is measured when the queues have been empty for so long."""
        end = time.monotonic() + 60
        calm = time.monotonic()
        while time.monotonic() - calm < seconds:
            found = measure(self.operator, self.done)
            if found.waiting:
                calm = time.monotonic()
            assert time.monotonic() < end, f"the queues are never empty: {found.waiting}"
            time.sleep(0.2)
        found = measure(self.operator, self.done)
        self.say(f"after {self.done} cycles: {found.rss_kib} KiB, {found.descriptors} descriptors, {found.threads} threads, "
                 f"{len(found.series)} series")
        return found


def kib_a_cycle(measures):
    """The slope of a straight line through what was measured."""
    count = len(measures)
    x, y = sum(one.cycles for one in measures) / count, sum(one.rss_kib for one in measures) / count
    return sum((one.cycles - x) * (one.rss_kib - y) for one in measures) / sum((one.cycles - x) ** 2 for one in measures)


def growth(measures, most_kib):
    """What is more at the end than half way, in words: by then the recorder of events holds as many as it ever will (those of
    six minutes). A pooled connection more or less and new codes of answers are no growth; threads of pools are not counted."""
    first, last = measures[(len(measures) - 1) // 2], measures[-1]
    if last.rss_kib - first.rss_kib > most_kib:
        yield f"memory grew from {first.rss_kib} to {last.rss_kib} KiB, at most {most_kib} KiB are allowed"
    for what, more in (("descriptors", POOLED), ("threads", 0)):
        before, after = getattr(first, what), getattr(last, what)
        if after > before + more:
            yield f"{what}: {before} at first and {after} at last"
    without_codes = [{re.sub(r'code="\w*"', "", name) for name in one.series} for one in (first, last)]
    if grown := sorted(without_codes[1] - without_codes[0]):
        yield f"{len(grown)} new series, as {grown[:3]}"
    if last.waiting:
        yield f"still waiting: {last.waiting}"
