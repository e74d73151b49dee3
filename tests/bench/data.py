"""./dev bench data: how fast the rows of a data set come to lie in memory as a network takes them, beside pyarrow and PyTorch.

Rows data/FORMAT/STORE (rows a second): one process reads a table of 32 float columns and a label out of eight files, as a worker does
before its first step (bad rows looked for, classes and the digest of the files made). STORE is this machine's disk, whose pages are in
memory, or VersityGW, an S3 server, on loopback. The peer is the quickest of pyarrow's dataset reader into one matrix (numpy.load
for npz) and PyTorch's DataLoader with 0 and 2 workers (pytorch/read.py); all may use all cores. Contestants take turns.

    ./dev bench data [--runs 3] [--rows 200000] [--only parquet,csv] [--stores file,s3]
"""
import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "bench"), str(ROOT)]

import data_sets  # noqa: E402
from frame import Bench  # noqa: E402
from learning import chosen  # noqa: E402
from tests.support import stores  # noqa: E402

# builds: read_rows
# needs: pytorch versitygw

BUCKET = "data"
PATIENCE = 120


def told(words, endpoint):
    """Rows a second of a reader that prints them."""
    environment = {**os.environ, **stores.KEYS, "AWS_EC2_METADATA_DISABLED": "true", **({"ENDPOINT": endpoint} if endpoint else {})}
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, env=environment, timeout=PATIENCE)
    if done.returncode:
        raise OSError(f"{words[0]} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    found = json.loads(done.stdout)
    if found["columns"] != data_sets.COLUMNS:
        raise OSError(f"{words[0]} read {found['columns']} columns of {data_sets.COLUMNS}")
    return found["rows"], found["rows"] / found["seconds"]


def contestants(format, folder, endpoint):
    binary = ROOT / "build" / "release" / "tests" / "bench" / "read_rows"
    uri = f"s3://{BUCKET}/{format}/" if endpoint else f"file://{folder}/"
    reader = [os.environ["CRESSET_PYTORCH"], ROOT / "tests" / "bench" / "pytorch" / "read.py"]
    path = f"{BUCKET}/{format}" if endpoint else folder
    peers = {"pyarrow": ["whole"], "DataLoader": ["loader"], "DataLoader, 2 workers": ["loader"]}
    made = {"ours": [binary, uri, data_sets.LABEL, *([endpoint] if endpoint else [])]}
    for name, how in peers.items():
        made[name] = [*reader, *how, format, path, data_sets.LABEL, *(["2"] if "2" in name else [])]
    return made


def quickest(rates):
    """The peer whose median is the highest."""
    return max((name for name in rates if name != "ours"), key=lambda name: statistics.median(rates[name]))


def measure(bench, what, words, endpoint, options):
    results = bench.alternate({name: lambda words=words: told(words, endpoint) for name, words in words.items()}, options.runs)
    counts = {name: {rows for rows, _ in runs} for name, runs in results.items()}
    if len(set().union(*counts.values())) != 1:
        raise OSError(f"they did not read the same rows: {counts}")
    rates = {name: [rate for _, rate in runs] for name, runs in results.items()}
    peer = quickest(rates)
    bench.row(what, "rows/s", rates["ours"], rates[peer], peer, higher_is_better=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rows", type=int, default=200_000, help="of the table")
    parser.add_argument("--only", default="", help="formats, with commas between them")
    parser.add_argument("--stores", default="", help="file,s3")
    options = parser.parse_args()
    bench, formats = Bench("data"), chosen(options.only, list(data_sets.WRITERS), "--only")
    with tempfile.TemporaryDirectory(prefix="cresset-bench-") as folder:
        folder = pathlib.Path(folder)
        made = {format: data_sets.make(folder / "s3" / BUCKET, options.rows, format) for format in formats}
        for store in chosen(options.stores, ["file", "s3"], "--stores"):
            with stores.s3(folder) if store == "s3" else contextlib.nullcontext() as server:
                endpoint = server.endpoint if server else ""
                for format in formats:
                    what = f"data/{format}/{store}"
                    try:
                        measure(bench, what, contestants(format, made[format], endpoint), endpoint, options)
                    except (OSError, subprocess.TimeoutExpired) as error:
                        bench.missing(what, "rows/s", str(error))
                    print(bench.table().splitlines()[-1], file=sys.stderr, flush=True)
    bench.write()


if __name__ == "__main__":
    main()
