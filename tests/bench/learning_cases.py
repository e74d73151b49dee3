"""What ./dev bench learning trains: for each model its spec, the shape of a sample and the batch; and the tables of it."""
import pathlib

import numpy
import pyarrow
import pyarrow.parquet

SEQUENCE = {"layers": 2, "heads": 4, "width": 128, "feedForward": 512, "vocabularySize": 1000}
# Sizes at which a step takes a CPU 1 to 200 ms.
CASES = {
    "mlp_small": {"architecture": "mlp", "parameters": {"hidden": [128, 64]}, "shape": [64], "batch": 128, "rows": 8192},
    "mlp_large": {"architecture": "mlp", "parameters": {"hidden": [2048, 1024]}, "shape": [784], "batch": 256, "rows": 2048},
    "cnn": {"architecture": "cnn", "parameters": {"channels": [32, 64], "hidden": 128}, "shape": [1, 28, 28], "batch": 64, "rows": 2048},
    "resnet": {"architecture": "resnet", "parameters": {"depth": 18, "width": 16, "stem": "Small"}, "shape": [3, 32, 32], "batch": 32,
               "rows": 512},
    "transformer": {"architecture": "transformer", "parameters": {**SEQUENCE, "maxLength": 32}, "shape": [32], "batch": 32, "rows": 2048},
    "gpt": {"architecture": "gpt", "parameters": {**SEQUENCE, "maxLength": 64}, "shape": [64], "batch": 16, "rows": 1024},
}
# Of a GPU, in bf16: GPT-2's smallest, and the network and images that everybody tells images/s of.
GPU_CASES = {
    "gpt_124m": {"architecture": "gpt",
                 "parameters": {"layers": 12, "heads": 12, "width": 768, "feedForward": 3072, "vocabularySize": 50304, "maxLength": 1024},
                 "shape": [1024], "batch": 16, "rows": 256, "precision": "bf16"},
    "resnet50": {"architecture": "resnet", "parameters": {"depth": 50, "width": 64, "stem": "Large"}, "shape": [3, 224, 224], "batch": 256,
                 "rows": 1024, "precision": "bf16"},
}
CLASSES = 10
MOST_COLUMNS = 4096  # of more values a row is one list


def is_tokens(case):
    return "vocabularySize" in case["parameters"]


def make_table(case, path):
    """Noise of the right shape, by a seed: what is measured does not depend on what is learnt."""
    random = numpy.random.default_rng(7)
    size = (case["rows"], int(numpy.prod(case["shape"])))
    words = case["parameters"].get("vocabularySize", 0)
    values = random.integers(0, words, size) if words else random.standard_normal(size)
    values = values.astype("float32")
    if size[1] > MOST_COLUMNS:
        columns = {"c": pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(values.reshape(-1)), size[1])}
    else:
        columns = {f"c{i:04}": values[:, i] for i in range(size[1])}
    columns["label"] = random.integers(0, CLASSES, case["rows"]).astype("int64")
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.table(columns), path)


def config_of(name, case, table, output, parallel=None):
    """The WorkerConfig of our worker: it trains until it is ended."""
    training = {"model": {"architecture": case["architecture"], "parameters": case["parameters"]},
                "data": {"train": {"uri": f"file://{table}"}, "label": "label"},
                "optimizer": {"name": "adamw", "learningRate": 0.0001, "weightDecay": 0.01},
                "epochs": 1000000, "batchSize": case["batch"], "seed": 1}
    if len(case["shape"]) > 1:
        training["preprocess"] = [{"reshape": {"shape": case["shape"]}}]
    if "precision" in case:
        training["precision"] = case["precision"]
    if parallel:
        training["parallel"] = parallel
    return {"namespace": "bench", "name": name, "uid": "", "training": training, "output": {"uri": f"file://{output}"}}
