#!/usr/bin/env python3
"""Makes and deletes objects of both kinds: `./dev soak [--cycles N] [--jobs N]`, and writes build/soak.json; or lets an
operator be idle: `./dev soak --idle 3600`, and writes build/idle.json.

A cycle is a TrainingJob and a ModelService, each until it runs and until it is deleted, before a real kube-apiserver and the
live operator. After a warm-up of a tenth, and after each tenth, when all that was made is gone, memory, descriptors, threads,
queues and metric series of the operator's process are looked at: they must not grow, memory
from half way on (until then the recorder of events fills up). Idle, with a hundred jobs that run and a hundred services that
are ready, it must write nothing but its lease, and grow in none of these either."""
import argparse
import json
import pathlib
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2])]

from tests.faults.rig import Lab  # noqa: E402
from tests.soak.cycles import Soak, growth, kib_a_cycle  # noqa: E402
from tests.soak.idle import AuditLog, but_leases, named, stay  # noqa: E402
from tests.support.cluster import ROOT  # noqa: E402
from tests.transitions.suite import live_operator  # noqa: E402

MOST_KIB = 1024  # what malloc may keep, whatever the number of cycles
IDLE_OBJECTS = 100  # of each kind


def soaked(lab, operator, cycles, parts, jobs, say):
    """What was measured after a warm-up of one part more, and after each part."""
    soak = Soak(lab, operator, jobs=jobs, say=say)
    try:
        measures = []
        for part in range(parts + 1):
            soak.run(max(1, cycles // parts))
            measures.append(soak.at_rest())
        return measures
    finally:
        soak.close()


def idled(lab, operator, objects, seconds, say):
    """(verb, resource) → times, and what was measured."""
    soak = Soak(lab, operator, namespace="idle", say=say)
    try:
        return stay(soak, AuditLog(lab.cluster.folder / "audit.log", "operator"), objects, seconds)
    finally:
        soak.close()


def summary(measures, seconds):
    return {"seconds": round(seconds),
            "measures": [{"cycles": one.cycles, "rss_kib": one.rss_kib, "descriptors": one.descriptors, "threads": one.threads,
                          "series": len(one.series), "waiting": one.waiting} for one in measures],
            "growth": list(growth(measures, MOST_KIB))}


def main():
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=8, help="cycles at a time")
    parser.add_argument("--idle", type=int, metavar="SECONDS", help="no cycles: what it writes in this time")
    options = parser.parse_args()
    begun = time.monotonic()
    say = lambda words: print(words, file=sys.stderr, flush=True)  # noqa: E731
    with tempfile.TemporaryDirectory(prefix="cresset-soak-") as folder, Lab(pathlib.Path(folder) / "lab") as lab, live_operator(lab) as operator:
        if options.idle:
            written, measures = idled(lab, operator, IDLE_OBJECTS, options.idle, say)
            result = {"idle": options.idle, "objects": 2 * IDLE_OBJECTS, "writes": named(written),
                      **summary(measures, time.monotonic() - begun)}
        else:
            written, measures = {}, soaked(lab, operator, options.cycles, 10, options.jobs, say)
            result = {"cycles": measures[-1].cycles, "kib_a_cycle": round(kib_a_cycle(measures), 3),
                      **summary(measures, time.monotonic() - begun)}
    report = ROOT / "build" / ("idle.json" if options.idle else "soak.json")
    report.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({key: value for key, value in result.items() if key != "measures"}))
    return 1 if result["growth"] or but_leases(written) else 0


if __name__ == "__main__":
    sys.exit(main())
