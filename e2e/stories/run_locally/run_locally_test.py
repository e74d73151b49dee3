"""`cresset run job.yaml`: the same TrainingJob on this machine, without a cluster."""
import json
import os
import pathlib
import re
import subprocess

import numpy
import pytest
import safetensors.numpy
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
CRESSET = ROOT / "build" / "release" / "operator" / "cresset"
WORKER = ROOT / "build" / "release" / "worker" / "cresset-worker"


def job(folder, **training):
    return {
        "apiVersion": "cresset.dev/v1alpha1", "kind": "TrainingJob", "metadata": {"name": "points"},
        "spec": {
            "workers": {"count": 2},
            "training": {"model": {"architecture": "mlp", "parameters": {"hidden": [16]}},
                         "data": {"train": {"uri": f"file://{folder}/points.csv"}, "validation": {"fraction": 0.2},
                                  "label": "side"},
                         "optimizer": {"learningRate": 0.02}, "epochs": 20, "batchSize": 32, **training},
            "checkpoint": {"uri": f"file://{folder}/checkpoints", "everySteps": 20},
            "output": {"uri": f"file://{folder}/models"}}}


@pytest.fixture
def folder(tmp_path):
    rows = numpy.random.default_rng(3).normal(size=(600, 2))
    lines = ["x,y,side"] + [f"{x:.5f},{y:.5f},{'right' if x > y else 'left'}" for x, y in rows]
    (tmp_path / "points.csv").write_text("\n".join(lines))
    return tmp_path


def run(folder, text, *args):
    (folder / "job.yaml").write_text(text if isinstance(text, str) else yaml.safe_dump(text))
    return subprocess.run([str(CRESSET), "run", str(folder / "job.yaml"), *args], capture_output=True, text=True,
                          timeout=180, env={**os.environ, "CRESSET_WORKER": str(WORKER)})


def test_the_same_yaml_trains_here_and_leaves_a_model_that_python_reads(folder):
    done = run(folder, job(folder))
    assert done.returncode == 0, done.stderr
    model = folder / "models" / "1"
    assert (model / "manifest.json").exists()
    weights = safetensors.numpy.load_file(model / "weights.safetensors")
    assert all(numpy.isfinite(w).all() for w in weights.values())
    accuracy = re.search(r"accuracy[^0-9]*([0-9.]+)", done.stdout)
    assert accuracy, done.stdout
    assert float(accuracy.group(1)) > 0.9


def test_numbers_are_learnt_and_their_errors_told_in_their_units(folder):
    rows = numpy.random.default_rng(4).normal(size=(600, 2))
    lines = ["x,y,price"] + [f"{x:.5f},{y:.5f},{250000 + 30000 * x - 20000 * y:.2f}" for x, y in rows]
    (folder / "points.csv").write_text("\n".join(lines))
    text = job(folder, goal={"name": "Regression"}, preprocess=[{"standardize": {"columns": ["*"]}}])
    text["spec"]["training"]["data"]["label"] = "price"
    done = run(folder, text)
    assert done.returncode == 0, done.stderr
    told = {name: float(value) for name, value in re.findall(r"(rmse|mae|r2) ([0-9.]+)", done.stdout)}
    assert told["r2"] > 0.98, done.stdout
    assert 0 < told["mae"] < told["rmse"] < 6000, done.stdout


def test_texts_become_numbers_and_a_text_that_is_no_utf8_is_a_bad_row(folder):
    rows = numpy.random.default_rng(5).normal(size=600)
    cities = [f"{row % 7:03}" for row in range(600)]
    sides = ["right" if (city in ("001", "004", "005")) != (x > 1) else "left" for x, city in zip(rows, cities)]
    lines = ["x,city,side"] + [f"{x:.5f},{city},{side}" for x, city, side in zip(rows, cities, sides)]
    (folder / "points.csv").write_bytes("\n".join(lines).encode() + b"\n0.5,Z\xfcrich,left\n")
    text = job(folder, preprocess=[{"oneHot": {"columns": ["city"]}}])
    done = run(folder, text)
    assert done.returncode == 1
    assert 'column "city", row 601 (line 602): found a text that is not UTF-8' in done.stderr, done.stderr
    text["spec"]["training"]["data"]["badRows"] = {"limit": 1}
    done = run(folder, text)
    assert done.returncode == 0, done.stderr
    assert float(re.search(r"accuracy[^0-9]*([0-9.]+)", done.stdout).group(1)) > 0.9, done.stdout
    card = json.loads((folder / "models" / "1" / "model.json").read_text())
    assert card["preprocessing"]["steps"] == [{"oneHot": {"columns": ["city"], "categories": [[f"{city:03}" for city in range(7)]]}}]
    assert [(part["name"], part["datatype"]) for part in card["signature"]["inputs"]] == [("x", "FP32"), ("city", "BYTES")]


def test_rows_that_cannot_be_used_are_left_out_and_counted(folder):
    with (folder / "points.csv").open("a") as points:
        points.write("\nmany,0.5,right\n")
    text = job(folder, epochs=1)
    text["spec"]["training"]["data"]["badRows"] = {"limit": 1}
    done = run(folder, text)
    assert done.returncode == 0, done.stderr
    assert "bad rows: 1 left out" in done.stdout, done.stdout


def test_a_second_run_takes_the_next_free_number(folder):
    assert run(folder, job(folder, epochs=1)).returncode == 0
    assert run(folder, job(folder, epochs=1)).returncode == 0
    assert sorted(p.name for p in (folder / "models").iterdir()) == ["1", "2"]


def test_a_file_that_also_holds_the_service_trains_its_one_job(folder):
    service = {"apiVersion": "cresset.dev/v1alpha1", "kind": "ModelService", "metadata": {"name": "points"},
               "spec": {"model": {"trainingJob": "points"}}}
    done = run(folder, yaml.safe_dump_all([job(folder, epochs=1), service]))
    assert done.returncode == 0, done.stderr
    assert (folder / "models" / "1" / "manifest.json").exists()
    done = run(folder, yaml.safe_dump_all([service, job(folder), job(folder)]))
    assert done.returncode != 0
    assert "one TrainingJob is wanted, found ModelService/points, TrainingJob/points, TrainingJob/points" in done.stderr


@pytest.mark.parametrize("change, words", [
    ({"epochs": "many"}, ["spec.training.epochs", "integer", "many"]),
    ({"epoch": 3}, ["spec.training.epoch", "epochs"]),
    ({"batchSize": 0}, ["spec.training.batchSize", "at least 1", "0"]),
])
def test_a_wrong_field_is_named_with_what_was_found_and_what_is_allowed(folder, change, words):
    done = run(folder, job(folder, **change))
    assert done.returncode != 0
    for word in words:
        assert word in done.stderr, done.stderr


def test_broken_yaml_is_answered_with_its_line(folder):
    done = run(folder, "apiVersion: cresset.dev/v1alpha1\nkind: TrainingJob\nspec: [\n")
    assert done.returncode != 0
    assert "line" in done.stderr


def test_training_that_diverges_names_the_row_that_stands_out(folder):
    with (folder / "points.csv").open("a") as points:
        points.write("\n1e30,0.5,right\n")
    done = run(folder, job(folder, optimizer={"name": "sgd", "learningRate": 0.02}))
    assert done.returncode == 1
    assert re.search(r"training failed: training diverged in step \d+ of 320: .*row 601 .*stands out: it has 1e\+30 in column \"x\"",
                     done.stderr), done.stderr


def test_a_missing_label_column_is_named_with_those_that_exist(folder):
    text = job(folder)
    text["spec"]["training"]["data"]["label"] = "colour"
    done = run(folder, text)
    assert done.returncode != 0
    for word in ("colour", "side", "points.csv"):
        assert word in done.stdout + done.stderr
