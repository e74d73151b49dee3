"""A whole regression job beside PyTorch's and scikit-learn's: scikit-learn's diabetes set (442 patients, 10 columns), 100
rows kept out, the same for all, and the same recipe; the mean and the spread over five seeds.

    python -m venv /tmp/torch && /tmp/torch/bin/pip install torch==2.11.0 scikit-learn==1.9.1 pyyaml
    ./dev build && /tmp/torch/bin/python tests/bench/references/diabetes.py

Ours is `cresset run` of the job below. PyTorch's is the same network, optimizer, loss, standardised columns and labels in
a loop of its own. MLPRegressor has scikit-learn's own recipe (Adam with an L2 penalty) and LinearRegression none: they say
what the set has in it."""
import numpy
import sklearn.metrics as scores
import torch
import whole_job
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler

HIDDEN, RATE, DECAY, EPOCHS, BATCH, KEPT_OUT = 32, 0.003, 0.01, 40, 32, 100


def split():
    rows, labels = load_diabetes(return_X_y=True)
    order = numpy.random.default_rng(0).permutation(len(labels))
    held, train = order[:KEPT_OUT], order[KEPT_OUT:]
    return rows[train], labels[train], rows[held], labels[held]


def told(labels, answers):
    return {"rmse": scores.root_mean_squared_error(labels, answers), "mae": scores.mean_absolute_error(labels, answers),
            "r2": scores.r2_score(labels, answers)}


def ours(seed, data):
    return whole_job.run({"goal": {"name": "Regression"}, "model": {"architecture": "mlp", "parameters": {"hidden": [HIDDEN]}},
                          "preprocess": [{"standardize": {"columns": ["*"]}}],
                          "optimizer": {"name": "adamw", "learningRate": RATE, "weightDecay": DECAY},
                          "epochs": EPOCHS, "batchSize": BATCH, "seed": seed}, data, "progression")


def scaled(data):
    rows, labels, held, _ = data
    columns, label = StandardScaler().fit(rows), StandardScaler().fit(labels[:, None])
    return columns.transform(rows), label.transform(labels[:, None]), columns.transform(held), label


def pytorchs(seed, data):
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rows, labels, held, label = scaled(data)
    rows, labels, held = (torch.tensor(part, dtype=torch.float32) for part in (rows, labels, held))
    network = torch.nn.Sequential(torch.nn.Linear(rows.shape[1], HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 1))
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(rows)).split(BATCH):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(network(rows[batch]), labels[batch]).backward()
            optimizer.step()
    with torch.no_grad():
        return told(data[3], label.inverse_transform(network(held).numpy())[:, 0])


def scikit_learns(model, data):
    rows, labels, held, label = scaled(data)
    return told(data[3], label.inverse_transform(model.fit(rows, labels[:, 0]).predict(held)[:, None])[:, 0])


def perceptron(seed, data):
    return scikit_learns(MLPRegressor(hidden_layer_sizes=(HIDDEN,), alpha=DECAY, batch_size=BATCH, learning_rate_init=RATE, max_iter=EPOCHS,
                                      n_iter_no_change=EPOCHS, random_state=seed), data)


def linear(seed, data):
    return scikit_learns(LinearRegression(), data)


def main():
    whole_job.print_table({"rmse": 2, "mae": 2, "r2": 3},
                          (("`cresset run`", ours), ("PyTorch", pytorchs), ("MLPRegressor", perceptron), ("LinearRegression", linear)), split())


if __name__ == "__main__":
    main()
