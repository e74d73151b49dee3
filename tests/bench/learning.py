"""./dev bench learning: what a step of training costs, beside PyTorch's own loop in Python, on the CPUs of this machine.

Rows, each for a model of learning_cases.py and a number of ranks: train_step/MODEL/RANKS (seconds a step), cpu/… (CPU seconds of it
over all ranks, which other load on the machine changes little), start/… (from the start of the processes to the end of the first
step, the table read), memory/… (of all ranks, what they share counted once). One rank has all cores and is held to a single process
of PyTorch; each of several has its share and the peer is DDP over gloo. The models, the table, the batch and the optimizer (AdamW,
fused) are the same; how the peer is tuned stands in pytorch/loop.py, and of images it has the better of both memory formats.
Contestants take turns.

With --device cuda the rows are those of a GPU (GPU_CASES, one rank): the worker is that of `./dev build gpu`, the peer is the quickest of
PyTorch as it is and torch.compile, for images in both memory formats; images/… is their rate. Without, they are told as not run.

    ./dev bench learning [--runs 3] [--seconds 3] [--only mlp_small,gpt] [--ranks 1,2] [--cores 2] [--device cuda]
"""
import argparse
import functools
import os
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bench"))

import learners  # noqa: E402
from frame import Bench  # noqa: E402
from learning_cases import CASES, GPU_CASES, config_of, make_table  # noqa: E402

# builds: cresset-worker
# needs: pytorch

# Those that divide each batch, so that the peer, which weighs ranks alike, computes the same.
RANKS = ["1", "2", "4"]


def peers(name, table, ranks, threads, seconds):
    """What may stand for PyTorch; the quickest does."""
    made = {"nchw": lambda: learners.pytorch(name, table, ranks, threads, seconds)}
    if len(CASES[name]["shape"]) == 3:
        made["channels_last"] = lambda: learners.pytorch(name, table, ranks, threads, seconds, channels_last=True)
    return made


def peers_of_gpu(name, table, threads, seconds):
    formats = {"": False, "channels_last ": True} if len(GPU_CASES[name]["shape"]) == 3 else {"": False}
    return {f"{form}{kind}": functools.partial(learners.pytorch, name, table, 1, threads, seconds, channels_last, "cuda", kind == "compiled")
            for form, channels_last in formats.items() for kind in ("eager", "compiled")}


def quickest(results, names):
    """The results of the peer whose median step is the shortest."""
    return min((results[name] for name in names), key=lambda runs: sorted(run.step for run in runs)[len(runs) // 2])


def measure(bench, name, ranks, options, folder):
    table = folder / f"{name}.parquet"
    if not table.exists():
        make_table(CASES[name], table)
    threads = max(1, options.cores // ranks)
    config = config_of(name, CASES[name], table, folder / "models")
    others = peers(name, table, ranks, threads, options.seconds)
    results = bench.alternate({"ours": lambda: learners.ours(config, ranks, threads, options.seconds), **others}, options.runs)
    rows(bench, f"{name}/{ranks}", results["ours"], quickest(results, others), "PyTorch" if ranks == 1 else "DDP")


def measure_gpu(bench, name, options, folder):
    case, table = GPU_CASES[name], folder / f"{name}.parquet"
    make_table(case, table)
    config = config_of(name, case, table, folder / "models")
    others = peers_of_gpu(name, table, options.cores, options.seconds)
    mine = functools.partial(learners.ours, config, 1, options.cores, options.seconds, "cuda")
    results = bench.alternate({"ours": mine, **others}, options.runs)
    peer = quickest(results, others)
    kind = next(name for name in others if results[name] is peer)
    rows(bench, f"{name}/gpu", results["ours"], peer, f"PyTorch, {kind}")
    if len(case["shape"]) == 3:
        rates = [[case["batch"] / run.step for run in runs] for runs in (results["ours"], peer)]
        bench.row(f"images/{name}/gpu", "images/s", *rates, f"PyTorch, {kind}", higher_is_better=True)


def missing_gpu(bench, name, why):
    for what, unit, _ in ROWS:
        bench.missing(f"{what}/{name}/gpu", unit, why)
    if len(GPU_CASES[name]["shape"]) == 3:
        bench.missing(f"images/{name}/gpu", "images/s", why)


ROWS = (("train_step", "s", "step"), ("cpu", "s", "cpu"), ("start", "s", "start"), ("memory", "MB", "memory"))


def rows(bench, case, ours, peer, peer_name):
    for what, unit, field in ROWS:
        bench.row(f"{what}/{case}", unit, [getattr(run, field) for run in ours], [getattr(run, field) for run in peer], peer_name)


def chosen(text, allowed, option):
    names = text.split(",") if text else allowed
    for name in names:
        if name not in allowed:
            raise SystemExit(f"{option}: found {name!r}, allowed are {', '.join(allowed)}")
    return names


def run_gpu(bench, options, folder):
    for name in chosen(options.only, list(GPU_CASES), "--only"):
        try:
            measure_gpu(bench, name, options, folder)
        except OSError as error:
            missing_gpu(bench, name, str(error))


def run_cpus(bench, options, folder):
    for name in chosen(options.only, list(CASES), "--only"):
        for ranks in map(int, chosen(options.ranks, RANKS, "--ranks")):
            told = len(bench.rows)
            try:
                measure(bench, name, ranks, options, folder)
            except OSError as error:
                for what, unit, _ in ROWS:
                    bench.missing(f"{what}/{name}/{ranks}", unit, str(error))
            print("\n".join(bench.table().splitlines()[1 + told:]), file=sys.stderr, flush=True)
    if not options.only:
        for name in GPU_CASES:
            missing_gpu(bench, name, "not run: --device cuda measures it, on a machine with a GPU")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3, help="that a run is watched for once it is warm")
    parser.add_argument("--only", default="", help="models, with commas between them")
    parser.add_argument("--ranks", default="1,2", help="numbers of ranks, with commas between them")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1, help="that the ranks share; all of the machine's when absent")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"], help="that trains")
    options = parser.parse_args()
    bench = Bench("learning" if options.device == "cpu" else "learning_gpu")
    with tempfile.TemporaryDirectory(prefix="cresset-bench-") as folder:
        (run_cpus if options.device == "cpu" else run_gpu)(bench, options, pathlib.Path(folder))
    bench.write()


if __name__ == "__main__":
    main()
