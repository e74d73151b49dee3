"""`cresset run` of a whole job over data in memory, and the table of what it and others came to, for the references here.

The others' answers are told by scikit-learn's scores; ours are what validation found, over the same rows."""
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

import numpy
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
CRESSET = ROOT / "build/release/operator/cresset"
WORKER = ROOT / "build/release/worker/cresset-worker"
SEEDS = range(5)


def write_csv(path, rows, labels, label):
    header = ",".join([*(f"c{column}" for column in range(rows.shape[1])), label])
    numpy.savetxt(path, numpy.column_stack([rows, labels]), delimiter=",", header=header, comments="", fmt="%.17g")


def run(training, data, label):
    """Metrics of `training` without its data, which is (rows, labels, rows kept out, their labels); columns are c0, c1, …"""
    with tempfile.TemporaryDirectory() as folder:
        write_csv(f"{folder}/train.csv", *data[:2], label)
        write_csv(f"{folder}/held.csv", *data[2:], label)
        files = {"train": {"uri": f"file://{folder}/train.csv"}, "validation": {"uri": f"file://{folder}/held.csv"}, "label": label}
        return run_files({**training, "data": files})


def run_files(training):
    """Metrics of `training`, whose data are files."""
    with tempfile.TemporaryDirectory() as folder:
        job = {"apiVersion": "cresset.dev/v1alpha1", "kind": "TrainingJob", "metadata": {"name": "reference"},
               "spec": {"training": training, "output": {"uri": f"file://{folder}/models"}}}
        pathlib.Path(folder, "job.yaml").write_text(yaml.safe_dump(job))
        subprocess.run([CRESSET, "run", f"{folder}/job.yaml"], check=True, capture_output=True, env={**os.environ, "CRESSET_WORKER": str(WORKER)})
        return json.loads(pathlib.Path(folder, "models/1/model.json").read_text())["metrics"]


def print_table(metrics, contestants, data):
    """Mean ± standard deviation over the seeds; `metrics`: name → digits after the point, `contestants`: (name, seed, data → metrics)."""
    print(f"| | {' | '.join(metrics)} |\n|---|{'---|' * len(metrics)}")
    for name, told in contestants:
        found = [told(seed, data) for seed in SEEDS]
        cells = []
        for metric, places in metrics.items():
            values = [one[metric] for one in found]
            cells.append(f"{statistics.mean(values):.{places}f} ± {statistics.stdev(values):.{places}f}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
