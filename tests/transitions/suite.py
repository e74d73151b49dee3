#!/usr/bin/env python3
"""Every field of both kinds through its values, one after another: `./dev transitions [--seed N] [--fields N] [--field PATH] [--jobs N]`.

The values come from the schemas in helm/cresset/schemas (absent, other legal ones, the edges, illegal ones). A live operator before a real
kube-apiserver is led through them, and each end state is held against that of an object which is made with the same spec;
a kubelet that runs nothing stands in for nodes. Writes build/transitions.json; exits 1 when anything differs, or when a field
shows nowhere that is not known for it (bases.py)."""
import argparse
import contextlib
import json
import pathlib
import queue
import random
import sys
import tempfile
import threading
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2])]

from tests.faults.rig import Lab  # noqa: E402
from tests.support.cluster import BUILD, ROOT, wait_until  # noqa: E402
from tests.support.operator import Operator  # noqa: E402
from tests.transitions.bases import SILENT  # noqa: E402
from tests.transitions.walker import Walker, all_fields  # noqa: E402
from tests.transitions.values import shown  # noqa: E402


@contextlib.contextmanager
def live_operator(lab):
    operator = Operator(BUILD / "operator" / "cresset", lab.folder / "operator.log",
                        lab.cluster.account_kubeconfig("operator", "faults-system"), "faults-system")
    try:
        wait_until(operator.ready, f"the operator is ready; {operator.log}", 120)
        yield operator
    finally:
        operator.kill()


def drawn(fields, seed, at_most=None, values=None):
    """The fields in an order by the seed, at most so many, and of each at most so many values."""
    chance = random.Random(seed)
    fields = list(fields)
    chance.shuffle(fields)
    for field in fields[:at_most]:
        chosen = field.values if values is None or len(field.values) <= values else chance.sample(field.values, values)
        yield field._replace(values=chosen)


def run(walker, fields, jobs):
    """All of them, by `jobs` threads, each with an object of each kind that it leads from field to field."""
    waiting, broken = queue.SimpleQueue(), []
    for field in fields:
        waiting.put(field)

    def work():
        worlds = {}
        try:
            while not broken:
                try:
                    field = waiting.get_nowait()
                except queue.Empty:
                    return
                if field.kind not in worlds:
                    worlds[field.kind] = walker.world(field.kind)
                try:
                    walker.walk(field, worlds[field.kind])
                except AssertionError as error:  # it is stuck; the next field gets another object
                    walker.differs(field, "on its way", str(error))
                    worlds.pop(field.kind).close()
                walker.count("fields")
                if walker.counts["fields"] % 10 == 0:
                    walker.say(f"{walker.counts['fields']} fields, {walker.counts['transitions']} transitions, {len(walker.found)} differ")
        except Exception as error:
            broken.append(error)
        finally:
            for world in worlds.values():
                world.close()

    threads = [threading.Thread(target=work, name=f"walker-{n}") for n in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise broken[0]


def summary(walker, seed, seconds):
    return {"fields": walker.counts["fields"], "transitions": walker.counts["transitions"], "rejected": walker.counts["rejected"],
            "differences": len(walker.found), "seconds": round(seconds), "seed": seed, "only_asked": walker.counts["only_asked"],
            "silent": [f"{kind} {field}" for kind, field in walker.silent()],
            "found": [dict(zip(("kind", "field", "value", "difference"), one)) for one in walker.found]}


def parse():
    parser = argparse.ArgumentParser(prog="./dev transitions", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="the order of fields and values")
    parser.add_argument("--fields", type=int, help="at most so many fields, drawn by the seed")
    parser.add_argument("--values", type=int, help="at most so many values of each, drawn by the seed")
    parser.add_argument("--field", action="append", help="only this one, as in workers.count (more than once: these)")
    parser.add_argument("--kind", choices=("trainingjobs", "modelservices"), help="only this kind")
    parser.add_argument("--jobs", type=int, default=6, help="objects at a time")
    return parser.parse_args()


def main():
    options = parse()
    begun = time.monotonic()
    fields = [field for field in all_fields() if options.kind in (None, field.kind)
              and (not options.field or shown(field.path) in options.field)]
    say = lambda words: print(words, file=sys.stderr, flush=True)  # noqa: E731
    with tempfile.TemporaryDirectory(prefix="cresset-transitions-") as folder, Lab(pathlib.Path(folder) / "lab") as lab, live_operator(lab) as operator:
        walker = Walker(lab, say=say)
        run(walker, drawn(fields, options.seed, options.fields, options.values), options.jobs)
        ended = operator.process.poll()
    result = summary(walker, options.seed, time.monotonic() - begun)
    partly = options.fields or options.values or options.field or options.kind
    unexplained = [] if partly else sorted({one for one in walker.silent()} ^ set(SILENT))
    result["unexplained"] = [f"{kind} {field}" for kind, field in unexplained]
    (ROOT / "build" / "transitions.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({key: value for key, value in result.items() if key != "found"}))
    if ended is not None:
        say(f"the operator ended by itself with {ended}")
    return 1 if result["differences"] or result["unexplained"] or ended is not None else 0


if __name__ == "__main__":
    sys.exit(main())
