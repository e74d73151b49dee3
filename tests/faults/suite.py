#!/usr/bin/env python3
"""Every workload under every plan: `./dev faults [--seed N] [--plans N] [--workload NAME] [--plan FILE] [--jobs N]`.
`./dev faults --sanitized ...` gives it an operator under ASan and UBSan (--operator) and twice the patience.

Learns each workload by two clean runs, kills the operator before, while and after each of its writes, hides
and replays what it watches, and holds every run against the clean one. Writes build/faults.json; a run that
differs leaves its plan, its trace and the operator's logs in build/faults/. --plan runs one such plan again, by the
seed and for the time of quiet that stand in it unless others are said."""
import argparse
import collections
import concurrent.futures
import contextlib
import dataclasses
import itertools
import json
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time
import zlib

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2])]

from tests.faults.oracles import Clean  # noqa: E402
from tests.faults.plans import LIED_TO, Named, all_plans, draw  # noqa: E402
from tests.faults.rig import OPERATOR, PATIENCE, Lab, Run  # noqa: E402
from tests.faults.workloads import WORKLOADS  # noqa: E402
from tests.support.cluster import ROOT  # noqa: E402

SEED, QUIET = 1, 5.0
# Runs that have come to their end and are only watched, for each that does something.
WATCHED = 3
# How long some runs are watched after their end, and how many of a hundred plans' are.
LONG, LONG_PERCENT = 60, 5
# How long something may rest before it is tried again: an answer that was made up is believed for as long as the
# operator waits for its caches, and a watch that could not be opened twice is opened again after up to 4.8 s.
RESTS = {"answer": 6.5, "certificate": 6.5, "storm": 6.5, "half_open": 6.5, "slow": 6.5}
# How long an operator may hear nothing, or next to nothing, on a connection (plans.py) before it gives it up and is back.
DEAF = 110
DEAFENS = ("half_open", "trickle")
# The largest share of the plans that may do nothing: theirs are runs like clean ones, which show nothing.
IDLE_SHARE = 0.1
KEPT = ROOT / "build" / "faults"


class Suite:
    def __init__(self, lab, seed, jobs=4, quiet=3.0, say=print, kept=KEPT, long_percent=0,
                 operator=OPERATOR, patience=PATIENCE):
        self.lab, self.seed, self.jobs, self.quiet, self.say, self.kept = lab, seed, jobs, quiet, say, kept
        self.long_percent, self.operator, self.patience = long_percent, operator, patience
        self.clean, self.results = {}, []
        self.numbers = itertools.count(1)
        self.busy = threading.Semaphore(jobs)

    def pool(self):
        return concurrent.futures.ThreadPoolExecutor(self.jobs * (1 + WATCHED))

    def run(self, workload, plan, quiet=None, script=None, binary=None):
        namespace = f"f{next(self.numbers):04}-{workload}"
        deaf = any(rule["do"] in DEAFENS for rule in plan["rules"])
        run = Run(self.lab, namespace, plan, self.quiet if quiet is None else quiet, binary or self.operator, self.patience + DEAF * deaf)
        # One that is deaf does nothing most of the time, and holds nobody up.
        return run, run.execute(script or WORKLOADS[workload], contextlib.nullcontext() if deaf else self.busy)

    def learn(self, workloads):
        with self.pool() as pool:
            twice = [(name, pool.submit(self.run, name, {"rules": []})) for name in workloads for _ in range(2)]
        for name in workloads:
            runs = [future.result() for one, future in twice if one == name]
            for _, seen in runs:
                if seen.problems:
                    raise AssertionError(f"the clean run of {name}: {seen.problems}")
            self.clean[name] = Clean(*(seen for _, seen in runs))

    def plans(self):
        chance = random.Random(self.seed)
        return [plan for name, clean in self.clean.items() for plan in all_plans(name, clean.seen.trace, chance)]

    def is_watched_long(self, plan):
        """The same plans for the same seed, whichever are run."""
        return zlib.crc32(f"{plan.workload} {plan.name} {self.seed}".encode()) % 100 < self.long_percent

    def quiet_of(self, plan):
        if plan.quiet is not None:
            return plan.quiet
        return LONG if self.is_watched_long(plan) else max(self.quiet, RESTS.get(plan.family, 0))

    def hold(self, plan):
        """Runs one plan; (plan, its differences, whether it did anything)."""
        run, seen = self.run(plan.workload, plan.plan, self.quiet_of(plan))
        differences = list(self.clean[plan.workload].differences(seen, lied_to=plan.family in LIED_TO))
        # A mark alone changes nothing: it says where another rule takes the operator back to. That this was shown is told.
        shown = plan.family if plan.family in ("past", "replay") else None
        fired = any(line["kind"] == shown if shown else line["kind"] == "fault" and line["do"] != "mark" for line in seen.trace)
        if differences:
            self.keep(run, plan, differences)
        shutil.rmtree(run.folder, ignore_errors=True)
        return plan, differences, fired

    def keep(self, run, plan, differences):
        target = self.kept / run.namespace
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(run.folder, target, ignore=shutil.ignore_patterns("kubeconfig"))
        kept = {**dataclasses.asdict(plan), "quiet": self.quiet_of(plan), "seed": self.seed}
        (target / "plan.json").write_text(json.dumps(kept, indent=1))
        (target / "differences.txt").write_text("\n".join(differences) + "\n")

    def hold_all(self, plans):
        with self.pool() as pool:
            for done in concurrent.futures.as_completed([pool.submit(self.hold, plan) for plan in plans]):
                plan, differences, fired = done.result()
                self.results.append((plan, differences, fired))
                if differences:
                    self.say(f"DIFFERS {plan.workload}: {plan.name}")
                    for one in differences[:6]:
                        self.say(f"    {one}")
                if len(self.results) % 20 == 0:
                    self.say(f"{len(self.results)} of {len(plans)} plans, "
                             f"{sum(1 for _, found, _ in self.results if found)} differ")

    def summary(self, seconds):
        families = collections.Counter(plan.family for plan, _, fired in self.results if fired)
        return {"workloads": len(self.clean), "plans": len(self.results), "kill_points": families["kill"],
                "stale_plans": families["stale"] + families["past"], "unobserved_plans": families["unobserved"],
                "differences": sum(1 for _, found, _ in self.results if found), "seconds": round(seconds),
                "quiet_60": sum(self.quiet_of(plan) >= LONG for plan, *_ in self.results),
                "seed": self.seed, "families": dict(sorted(families.items())),
                "without_effect": sum(1 for *_, fired in self.results if not fired)}


def read_plan(path):
    """A plan that was kept, or that somebody wrote, and its seed if it has one."""
    told = json.loads(path.read_text())
    return told.pop("seed", SEED), Named(**told)


def parse():
    parser = argparse.ArgumentParser(prog="./dev faults", description=__doc__)
    parser.add_argument("--seed", type=int, help=f"{SEED}, or that of --plan")
    parser.add_argument("--plans", type=int, help="at most so many plans, drawn by the seed")
    parser.add_argument("--workload", action="append", choices=WORKLOADS, help="only this (more than once: these)")
    parser.add_argument("--family", action="append", help="only plans of this family")
    parser.add_argument("--plan", type=pathlib.Path, help="run this plan.json alone, without clearing build/faults")
    parser.add_argument("--jobs", type=int, default=4, help="runs at a time that do something")
    parser.add_argument("--quiet", type=float,
                        help=f"seconds without a write at the end of most runs: {QUIET}, or as --plan says")
    parser.add_argument("--operator", type=pathlib.Path, default=OPERATOR, help="the program that is the operator")
    parser.add_argument("--patience", type=float, default=PATIENCE, help="seconds that a step of a workload may take")
    return parser.parse_args()


def main():
    options = parse()
    begun = time.monotonic()
    seed, only = read_plan(options.plan) if options.plan else (SEED, None)
    seed = seed if options.seed is None else options.seed
    workloads = [only.workload] if only else options.workload or list(WORKLOADS)
    if not only:
        shutil.rmtree(KEPT, ignore_errors=True)
    say = lambda words: print(words, file=sys.stderr, flush=True)  # noqa: E731
    with tempfile.TemporaryDirectory(prefix="cresset-faults-") as folder, Lab(pathlib.Path(folder) / "lab") as lab:
        suite = Suite(lab, seed, options.jobs, QUIET if options.quiet is None else options.quiet, say, long_percent=LONG_PERCENT,
                      operator=options.operator.resolve(), patience=options.patience)
        suite.learn(workloads)
        if only:
            chosen = [only if options.quiet is None else dataclasses.replace(only, quiet=options.quiet)]
        else:
            plans = [plan for plan in suite.plans() if not options.family or plan.family in options.family]
            chosen = draw(plans, random.Random(seed), options.plans)
        say(f"{len(workloads)} workloads learned in {time.monotonic() - begun:.0f} s; {len(chosen)} plans")
        suite.hold_all(chosen)
        summary = suite.summary(time.monotonic() - begun)
    (ROOT / "build" / "faults.json").write_text(json.dumps(summary, indent=1) + "\n")
    print(json.dumps(summary))
    # Of a few plans one that is idle is chance.
    idle = summary["plans"] >= 50 and summary["without_effect"] > IDLE_SHARE * summary["plans"]
    if idle:
        say(f"{summary['without_effect']} of {summary['plans']} plans did nothing; at most {IDLE_SHARE:.0%} may")
    return 1 if summary["differences"] or idle else 0


if __name__ == "__main__":
    sys.exit(main())
