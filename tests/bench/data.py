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
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bench"))

import pyarrow.fs  # noqa: E402

import data_sets  # noqa: E402
from frame import Bench  # noqa: E402
from learners import free_port  # noqa: E402
from learning import chosen  # noqa: E402

# builds: read_rows
# needs: pytorch versitygw

KEYS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench-secret"}
BUCKET = "data"
PATIENCE = 120


@contextlib.contextmanager
def served(folder):
    """An S3 server whose buckets are the folders there; its address."""
    port = free_port()
    words = [os.environ["CRESSET_VERSITYGW"], "--access", KEYS["AWS_ACCESS_KEY_ID"], "--secret", KEYS["AWS_SECRET_ACCESS_KEY"],
             "--port", f"127.0.0.1:{port}", "--quiet", "posix", str(folder)]
    with open(folder.parent / "versitygw.log", "w") as log, subprocess.Popen(words, stdout=log, stderr=log) as server:
        try:
            wait_for(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def wait_for(port, server, seconds=20):
    s3 = pyarrow.fs.S3FileSystem(endpoint_override=f"http://127.0.0.1:{port}", access_key=KEYS["AWS_ACCESS_KEY_ID"],
                                 secret_key=KEYS["AWS_SECRET_ACCESS_KEY"], region="us-east-1")
    end = time.monotonic() + seconds
    while True:
        try:
            return s3.get_file_info(pyarrow.fs.FileSelector(BUCKET))
        except OSError as error:
            if server.poll() is not None or time.monotonic() > end:
                raise OSError(f"no S3 server: {error}") from error
            time.sleep(0.1)


def told(words, endpoint):
    """Rows a second of a reader that prints them."""
    environment = {**os.environ, **KEYS, "AWS_EC2_METADATA_DISABLED": "true", **({"ENDPOINT": endpoint} if endpoint else {})}
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
        buckets = pathlib.Path(folder) / "buckets"
        made = {format: data_sets.make(buckets / BUCKET, options.rows, format) for format in formats}
        for store in chosen(options.stores, ["file", "s3"], "--stores"):
            with served(buckets) if store == "s3" else contextlib.nullcontext("") as endpoint:
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
