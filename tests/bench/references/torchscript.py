"""A small module as torch.jit.script saves it in Python, and what it answers there: the files that
tests/unit/worker/model/networks/torchscript_test.cc holds ours to.

    /tmp/torch/bin/python tests/bench/references/torchscript.py     # PyTorch 2.11"""
import json
import pathlib

import torch
from torch import nn

FILES = pathlib.Path(__file__).resolve().parents[3] / "tests/unit/worker/model/networks/files"


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2))
        self.classifier = nn.Linear(6, 4)

    def forward(self, x):
        y = self.features(x)
        if y.size(2) > 1:
            y = nn.functional.adaptive_avg_pool2d(y, 1)
        return self.classifier(torch.flatten(y, 1))


def main():
    torch.manual_seed(0)
    module = torch.jit.script(Network())
    FILES.mkdir(exist_ok=True)
    module.save(str(FILES / "scripted.pt"))
    samples = torch.randn(2, 3, 8, 8)
    told = {"samples": samples}
    with torch.no_grad():
        told["evaluated"] = module.eval()(samples)
        told["trained"] = module.train()(samples)
    told["runningMean"] = module.features[1].running_mean
    text = json.dumps({name: tensor.flatten().tolist() for name, tensor in told.items()})
    (FILES / "scripted.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
