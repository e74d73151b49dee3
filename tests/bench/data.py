"""./dev bench data: how fast the rows of a data set come to lie in memory as a network takes them, beside pyarrow and PyTorch.

Rows data/FORMAT/STORE (rows a second): one process reads a table of 32 float columns and a label out of eight files, as a worker does
before its first step (bad rows looked for, classes and the digest of the files made). STORE is this machine's disk, whose pages are in
memory, or VersityGW, an S3 server, on loopback. The peer is the quickest of pyarrow's dataset reader into one matrix (numpy.load
for npz) and PyTorch's DataLoader with 0 and 2 workers (pytorch/read.py); all may use all cores. Contestants take turns.

data/images/file: JPEG files of 128 pixels a side, one for fifty rows, made 64 a side; the peer is DataLoader with 0 and 2 workers over Pillow.
streamed/parquet/STORE: an epoch of a job that streams, block by block ahead of who takes them, beside the batches of pyarrow's dataset reader
and of the DataLoader. Ours comes after a scan of all rows, once a job, whose rate is scan/parquet/STORE, without a peer. The peer of
TFRecord is tf.data (tensorflow/read.py), which reads no S3: there ours is alone.

    ./dev bench data [--runs 3] [--rows 200000] [--only parquet,streamed] [--stores file,s3]
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
# needs: pytorch pillow tensorflow versitygw

BUCKET = "data"
PATIENCE = 120
KINDS = [*data_sets.WRITERS, "images", "streamed"]
LOADERS = {"DataLoader": "0", "DataLoader, 2 workers": "2"}  # their workers


def pillow():
    """Where the packages lie of that Python which has it."""
    return next((str(path) for path in pathlib.Path(os.environ["CRESSET_PILLOW"]).parents[1].glob("lib/python3*/site-packages")), "")


def told(words, endpoint, columns=data_sets.COLUMNS):
    """Rows, and rows a second (of the scan too, if there was one), of a reader that prints them."""
    environment = {**os.environ, "PYTHONPATH": pillow(), **stores.KEYS, "AWS_EC2_METADATA_DISABLED": "true", **({"ENDPOINT": endpoint} if endpoint else {})}
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, env=environment, timeout=PATIENCE)
    if done.returncode:
        raise OSError(f"{words[0]} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    found = json.loads(done.stdout)
    if found["columns"] != columns:
        raise OSError(f"{words[0]} read {found['columns']} columns of {columns}")
    return [found["rows"], *(found["rows"] / found[taken] for taken in ("seconds", "scan_seconds") if found.get(taken))]


def contestants(kind, folder, endpoint):
    """What each of them is called by."""
    ours = [ROOT / "build" / "release" / "tests" / "bench" / "read_rows", "streamed" if kind == "streamed" else "whole",
            f"s3://{BUCKET}/{folder.name}/" if endpoint else f"file://{folder}/"]
    reader = [os.environ["CRESSET_PYTORCH"], ROOT / "tests" / "bench" / "pytorch" / "read.py"]
    if kind == "images":
        size = [str(data_sets.RESIZED)] * 2
        peers = {name: [*reader, "images", folder, *size, workers] for name, workers in LOADERS.items()}
        return {"ours": [*ours, "class", endpoint, "3", *size], **peers}
    made = {"ours": [*ours, data_sets.LABEL, endpoint]}
    if kind == "tfrecord":
        reader = [os.environ["CRESSET_TENSORFLOW"], ROOT / "tests" / "bench" / "tensorflow" / "read.py"]
        return made if endpoint else {**made, "tf.data": [*reader, folder, str(data_sets.COLUMNS), data_sets.LABEL]}
    source = [folder.name, f"{BUCKET}/{folder.name}" if endpoint else folder, data_sets.LABEL]
    made["pyarrow"] = [*reader, "batches" if kind == "streamed" else "whole", *source]
    return {**made, **{name: [*reader, "loader", *source, workers] for name, workers in LOADERS.items()}}


def quickest(rates):
    """The peer whose median is the highest; "": there is none."""
    return max((name for name in rates if name != "ours"), key=lambda name: statistics.median(rates[name]), default="")


def measure(bench, what, words, endpoint, options, columns=data_sets.COLUMNS):
    results = bench.alternate({name: lambda words=words: told(words, endpoint, columns) for name, words in words.items()}, options.runs)
    counts = {name: {rows for rows, *_ in runs} for name, runs in results.items()}
    if len(set().union(*counts.values())) != 1:
        raise OSError(f"they did not read the same rows: {counts}")
    rates = {name: [rate for _, rate, *_ in runs] for name, runs in results.items()}
    peer = quickest(rates)
    bench.row(what, "rows/s", rates["ours"], rates.get(peer), peer, higher_is_better=True)
    if scans := [scan for _, _, *scans in results["ours"] for scan in scans]:
        bench.row(what.replace("streamed", "scan"), "rows/s", scans)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rows", type=int, default=200_000, help="of the table")
    parser.add_argument("--only", default="", help=f"of {', '.join(KINDS)}, with commas between them")
    parser.add_argument("--stores", default="", help="file,s3")
    options = parser.parse_args()
    bench, kinds = Bench("data"), chosen(options.only, KINDS, "--only")
    sys.path.append(pillow())
    with tempfile.TemporaryDirectory(prefix="cresset-bench-") as folder:
        folder = pathlib.Path(folder)
        made = {kind: data_sets.make(folder / "s3" / BUCKET, options.rows, "parquet" if kind == "streamed" else kind) for kind in kinds}
        for store in chosen(options.stores, ["file", "s3"], "--stores"):
            with stores.s3(folder) if store == "s3" else contextlib.nullcontext() as server:
                endpoint = server.endpoint if server else ""
                for kind in kinds:
                    if kind == "images" and endpoint:
                        continue
                    what = f"streamed/parquet/{store}" if kind == "streamed" else f"data/{kind}/{store}"
                    columns = 3 * data_sets.RESIZED ** 2 if kind == "images" else data_sets.COLUMNS
                    told_rows = len(bench.rows)
                    try:
                        measure(bench, what, contestants(kind, made[kind], endpoint), endpoint, options, columns)
                    except (OSError, subprocess.TimeoutExpired) as error:
                        bench.missing(what, "rows/s", str(error))
                    print(*bench.table().splitlines()[1 + told_rows:], sep="\n", file=sys.stderr, flush=True)
    bench.write()


if __name__ == "__main__":
    main()
