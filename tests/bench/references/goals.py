"""Prints what PyTorch's losses and scikit-learn's metrics say of known answers: the table that unit tests hold ours to
(tests/unit/worker/train/goals_reference_test.cc).

    python -m venv /tmp/torch && /tmp/torch/bin/pip install torch==2.11.0 scikit-learn==1.9.1
    /tmp/torch/bin/python tests/bench/references/goals.py > tests/bench/references/goals.json

A row of `losses` is a spec as users write it, with what PyTorch's loss (reduction "mean") is of the outputs and targets
beside it. A row of `metrics` is what scikit-learn says of the same kind of answers, by the names that validation tells.
Outputs are logits, or numbers in standard deviations of the label, whose units are `deviations`."""
import json
import math

import numpy
import sklearn
import sklearn.metrics as scores
import torch
import torch.nn.functional as functional

ROWS = 11


def outputs(columns, phase):
    """Numbers that floats hold exactly."""
    return [[round(math.sin(phase + 1.7 * row + 2.3 * column) * 96) / 32 for column in range(columns)] for row in range(ROWS)]


def flags(columns, never=None):
    return [[int((row * 5 + column * 3) % 7 < 3 and column != never) for column in range(columns)] for row in range(ROWS)]


def numbers(columns):
    return [[round(math.cos(0.9 * row + column) * 64) / 32 for column in range(columns)] for row in range(ROWS)]


def classes(count):
    return [row * 7 % count for row in range(ROWS)]


def digits(value):
    return float(f"{value:.10g}")


def loss_row(spec, out, want, loss):
    value = loss(torch.tensor(out, dtype=torch.double), torch.tensor(want))
    return {"spec": spec, "outputs": out, "targets": want, "loss": digits(value.item())}


def losses():
    for columns in (1, 3):
        out, want = outputs(columns, 0.3), numbers(columns)
        yield loss_row({"name": "Regression"}, out, want, functional.mse_loss)
        yield loss_row({"name": "Regression", "loss": "MeanAbsolute"}, out, want, functional.l1_loss)
        for delta in (1.0, 0.5):
            yield loss_row({"name": "Regression", "loss": "Huber", "delta": delta}, out, want,
                           lambda o, t, d=delta: functional.huber_loss(o, t, delta=d))
    for weights in ([], [0.5, 2.0, 4.0]):
        positive = torch.tensor(weights, dtype=torch.double) if weights else None
        row = loss_row({"name": "MultiLabel"}, outputs(3, 0.8), flags(3),
                       lambda o, t, w=positive: functional.binary_cross_entropy_with_logits(o, t.double(), pos_weight=w))
        yield {**row, "weights": weights}


def of_numbers(deviations):
    columns = len(deviations)
    out, want = outputs(columns, 0.3), numbers(columns)
    said, label = numpy.array(out) * deviations, numpy.array(want) * deviations
    return {"goal": "Regression", "outputs": out, "targets": want, "deviations": deviations,
            "metrics": {"rmse": scores.root_mean_squared_error(label, said), "mae": scores.mean_absolute_error(label, said),
                        "r2": scores.r2_score(label, said)}}


def of_labels(columns, never=None):
    out, want = outputs(columns, 0.8), flags(columns, never)
    chances, label = 1 / (1 + numpy.exp(-numpy.array(out))), numpy.array(want)
    said = (chances > 0.5).astype(int)
    both = [column for column in range(columns) if 0 < label[:, column].sum() < ROWS]
    log_loss = numpy.mean([scores.log_loss(label[:, column], chances[:, column], labels=[0, 1]) for column in range(columns)])
    return {"goal": "MultiLabel", "outputs": out, "targets": want,
            "metrics": {"logLoss": log_loss, "accuracy": scores.accuracy_score(label, said),
                        "hammingLoss": scores.hamming_loss(label, said),
                        "macroF1": scores.f1_score(label, said, average="macro", zero_division=0),
                        "microF1": scores.f1_score(label, said, average="micro"),
                        "auc": scores.roc_auc_score(label[:, both], chances[:, both], average="macro")}}


def of_classes(count):
    out, label = outputs(count, 0.5), classes(count)
    powers = numpy.exp(numpy.array(out))
    chances = powers / powers.sum(axis=1, keepdims=True)
    said = chances.argmax(axis=1)
    return {"goal": "Classification", "outputs": out, "targets": label,
            "metrics": {"logLoss": scores.log_loss(label, chances), "accuracy": scores.accuracy_score(label, said),
                        "macroF1": scores.f1_score(label, said, average="macro"),
                        "auc": scores.roc_auc_score(label, chances, multi_class="ovr", average="macro")}}


def metrics():
    for row in (of_numbers([2.5]), of_numbers([0.5, 3.0, 40.0]), of_labels(1), of_labels(4), of_labels(4, never=2), of_classes(4)):
        yield {**row, "metrics": {name: digits(value) for name, value in row["metrics"].items()}}


def show(name, rows, last=False):
    print(f' "{name}": [\n  ' + ",\n  ".join(json.dumps(row) for row in rows) + ("\n ]" if last else "\n ],"))


print(f'{{\n "torch": "{torch.__version__.split("+")[0]}", "scikit-learn": "{sklearn.__version__}",')
show("losses", losses())
show("metrics", metrics(), last=True)
print("}")
