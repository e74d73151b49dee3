"""./dev bench operator: what the operator costs, beside a bare create loop, JobSet and Kubeflow Trainer.

Rows: create/N (one job, from its submission to the last of its N pods), jobs/JxN (J jobs of N pods), cpu/…
and memory/… of the operator's processes over those, writes/4 (requests that write to start a job of four
pods, the job itself with them), restart/… (from a start over what is there until steady: for three seconds no CPU to
speak of, no list and no new watch, of each contestant alike; and the writes of it),
react/N (from a pod's failure to the last replacement), delete/1000. Pods stay Pending: there is no scheduler.
Not so in restart running/…, which is restart/… after KWOK has played the nodes and all pods run. Both are of
the largest of --many alone.

A turn of a contestant has a fresh control plane (etcd without fsync, 3000 and 1000 requests in flight, client
limits lifted, the garbage collector running for all) and only that contestant's processes. Contestants
take turns. JobSet, Trainer and KWOK come from their Go modules, pinned in folders here.

    ./dev bench operator [--runs 3] [--only create,writes] [--without trainer] [--sizes 10,100] [--many 500x4]
                         [--small]
"""
import argparse
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tests" / "bench"), str(ROOT / "tests" / "bench" / "operator")]

from contestants import BareLoop, Cresset  # noqa: E402
from frame import Bench  # noqa: E402
from nodes import Nodes  # noqa: E402
from peers import JobSet, Trainer  # noqa: E402
from plane import Plane, difference  # noqa: E402

# builds: cresset create_loop
# needs: tuned_kube jobset trainer kwok

# How often within a turn: what takes milliseconds spreads the most.
SIZES = {10: 5, 100: 3, 1000: 1, 5000: 1}
REACT = (8, 100)
MANY = ((500, 4), (1000, 10))
GROUPS = ("create", "writes", "react", "delete", "jobs", "running")
PEERS = ("bare", "jobset", "trainer")
# Seconds without a write after which none is to come: ours puts a status off that tells nothing but progress for ten.
QUIET_WHILE_RUNNING = 12


class Measured(dict):
    """Row name → results of a turn."""

    def note(self, row, value):
        self.setdefault(row, []).append(value)
        print(f"  {row}: {value:.4g}", file=sys.stderr, flush=True)


class Turn:
    """One contestant on one fresh control plane."""

    def __init__(self, make, options):
        self._make, self._options = make, options
        self._namespaces = 0

    def run(self):
        results = Measured()
        if set(self._options.only) & {"create", "writes", "react", "delete"}:
            self._with_plane(self._single, results)
        for many in self._options.many:
            if "jobs" in self._options.only or "running" in self._options.only and many == max(self._options.many):
                self._with_plane(self._many, results, *many)
        return results

    def _with_plane(self, measure, *args):
        with Plane() as plane, self._make(plane) as who:
            who.wait_ready()
            print(f"{who.name}", file=sys.stderr, flush=True)
            namespace = self._namespace(plane)
            who.create(namespace, "warm", 10)
            who.delete(namespace, "warm")
            measure(plane, who, *args)

    def _namespace(self, plane):
        self._namespaces += 1
        name = f"bench-{self._namespaces}"
        plane.namespace(name)
        return name

    def _single(self, plane, who, results):
        only = self._options.only
        if "writes" in only and who.jobs:
            namespace = self._namespace(plane)
            before = plane.settled_writes()
            who.create(namespace, "job", 4)
            made = difference(before, plane.settled_writes())
            print(f"  {made}", file=sys.stderr)
            results.note("writes/4", sum(made.values()))
            who.delete(namespace, "job")
        if "react" in only and who.jobs:
            for count in REACT:
                namespace = self._namespace(plane)
                who.create(namespace, "job", count)
                results.note(f"react/{count}", who.react(namespace, count))
                who.delete(namespace, "job")
        if set(only) & {"create", "delete"}:
            self._create(plane, who, results)

    def _create(self, plane, who, results):
        only = self._options.only
        for count, repeats in self._options.sizes.items():
            for _ in range(repeats if "create" in only else count == 1000):
                namespace = self._namespace(plane)
                seconds = who.create(namespace, "job", count)
                if "create" in only:
                    results.note(f"create/{count}", seconds)
                if count > 1000:
                    return  # the largest and last; the control plane goes with its pods
                gone = who.delete(namespace, "job")
                if "delete" in only and count == 1000:
                    results.note(f"delete/{count}", gone)

    def _many(self, plane, who, results, jobs, count):
        only, name = self._options.only, f"{jobs}x{count}"
        if not who.processes and "jobs" not in only:
            return
        namespace = self._namespace(plane)
        cpu, empty = who.cpu_seconds(), who.memory_megabytes()
        seconds = who.create_many(namespace, jobs, count)
        if "jobs" in only:
            results.note(f"jobs/{name}", seconds)
        if "jobs" in only and who.processes:
            plane.settled_writes()
            results.note(f"cpu/{name}", who.cpu_seconds() - cpu)
            results.note(f"memory/{name}", who.memory_megabytes())
            results.note(f"memory a pod/{name}", (who.memory_megabytes() - empty) * 1024 / (jobs * count))
        if not who.processes or (jobs, count) != max(self._options.many):
            return
        if "jobs" in only:
            self._restart(plane, who, results, "restart", name)
        if "running" in only:
            with Nodes(plane, os.environ["CRESSET_KWOK"]) as nodes:
                nodes.run_pods(namespace)
                self._restart(plane, who, results, "restart running", name, QUIET_WHILE_RUNNING)

    @staticmethod
    def _restart(plane, who, results, row, name, quiet=1.5):
        before = plane.settled_writes(quiet)
        results.note(f"{row}/{name}", who.restart())
        results.note(f"{row} cpu/{name}", who.cpu_seconds())
        made = difference(before, plane.settled_writes(quiet))
        print(f"  {made}", file=sys.stderr)
        results.note(f"{row} writes/{name}", sum(made.values()))


UNITS = {"writes": "writes", "restart writes": "writes", "restart running writes": "writes", "memory": "MB",
         "memory a pod": "KiB"}


def rows(bench, turns):
    """A row for each measure and peer; `turns`: contestant → a Measured a turn."""
    def of(name, row):
        return [value for turn in turns[name] for value in turn.get(row, [])]

    for row in dict.fromkeys(row for turn in turns[Cresset.name] for row in turn):
        unit = UNITS.get(row.partition("/")[0], "s")
        peers = [name for name in turns if name != Cresset.name and of(name, row)]
        for peer in peers:
            bench.row(row, unit, of(Cresset.name, row), of(peer, row), peer)
        if not peers:
            bench.row(row, unit, of(Cresset.name, row))


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="turns of each contestant")
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(GROUPS), help=",".join(GROUPS))
    parser.add_argument("--without", type=lambda text: text.split(","), default=[], help=",".join(PEERS))
    parser.add_argument("--sizes", type=lambda text: [int(word) for word in text.split(",")], default=list(SIZES),
                        help="of the jobs of create/N: " + ",".join(map(str, SIZES)))
    parser.add_argument("--many", type=lambda text: [tuple(map(int, word.split("x"))) for word in text.split(",")],
                        default=MANY, help="jobs/JxN: " + ",".join(f"{jobs}x{count}" for jobs, count in MANY))
    parser.add_argument("--small", action="store_true", help="only to see that all works: 10 and 100 pods, 20x4 jobs")
    options = parser.parse_args()
    if wrong := set(options.only) - set(GROUPS) or set(options.without) - set(PEERS):
        parser.error(f"found {', '.join(sorted(wrong))}; allowed are {', '.join(GROUPS)} and {', '.join(PEERS)}")
    options.sizes = {10: 2, 100: 1} if options.small else {size: SIZES.get(size, 1) for size in options.sizes}
    options.many = ((20, 4),) if options.small else options.many
    return options


def learn_pod():
    """The pod that Cresset makes, which the others are given too."""
    with Plane() as plane, Cresset(plane) as ours:
        ours.wait_ready()
        plane.namespace("learn")
        ours.create("learn", "job", 1)
        return ours.pod("learn")


def main():
    options = read_options()
    pod = learn_pod()
    makers = {Cresset.name: Cresset}
    if "bare" not in options.without:
        makers[BareLoop.name] = lambda plane: BareLoop(plane, pod)
    if "jobset" not in options.without:
        makers[JobSet.name] = lambda plane: JobSet(plane, pod, os.environ["CRESSET_JOBSET"])
    if "trainer" not in options.without:
        makers[Trainer.name] = lambda plane: Trainer(plane, pod, os.environ["CRESSET_JOBSET"],
                                                     os.environ["CRESSET_TRAINER"])
    turns = Bench.alternate({name: Turn(make, options).run for name, make in makers.items()}, options.runs)
    bench = Bench("operator")
    rows(bench, turns)
    bench.write()


if __name__ == "__main__":
    main()
