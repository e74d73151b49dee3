"""What PyTorch and torchvision say of our architectures: names and shapes of their tensors,
weights after a seed, outputs for given weights. tests/unit/worker/model/networks/reference_test.cc holds ours to it.

Usage, with torch==2.11.0 and torchvision installed:
    python tests/bench/references/networks.py > tests/bench/references/networks.jsonl
"""
import hashlib
import json
import sys

import torch
import torchvision
from torch import nn

SEED = 7


class Resnet(torchvision.models.ResNet):
    """torchvision's, with the stem of section 4.2 of the paper if it is small, and of any width."""

    def __init__(self, depth, classes, small, width=64):
        block, blocks = {18: ("BasicBlock", [2, 2, 2, 2]), 34: ("BasicBlock", [3, 4, 6, 3]), 50: ("Bottleneck", [3, 4, 6, 3])}[depth]
        super().__init__(getattr(torchvision.models.resnet, block), blocks, num_classes=classes)
        if small:
            self.conv1 = nn.Conv2d(3, width, 3, padding=1, bias=False)
            self.maxpool = nn.Identity()


def fill(tensors):
    """The given weights: each tensor after a seed of its own."""
    for seed, (name, one) in enumerate(tensors):
        torch.manual_seed(seed)
        if name.endswith("num_batches_tracked"):
            continue
        if one.dim() == 1 and name.endswith(("weight", "running_var")):
            one.uniform_(0.5, 1.5)
        else:
            one.normal_(0, 0.05)


def samples(shape):
    torch.manual_seed(99)
    return torch.randn(2, *shape)


@torch.no_grad()
def row(name, make, shape, classes, run=True, **parameters):
    torch.manual_seed(SEED)
    network = make()
    tensors = [*network.named_parameters(), *network.named_buffers()]
    names = "".join(f"{name} {list(one.shape)}\n" for name, one in tensors)
    out = {"architecture": name, "parameters": parameters, "sample": shape, "classes": classes,
           "count": sum(one.numel() for _, one in network.named_parameters()),
           "names": hashlib.sha256(names.encode()).hexdigest(),
           "seeded": sum(one.double().abs().sum().item() for _, one in network.named_parameters())}
    if parameters.get("stem") == "Small":
        del out["seeded"]  # the stem is put in afterwards, which draws the weights in another order
    if run:
        fill(tensors)
        given = samples(shape)
        out["evaluated"] = network.eval()(given).flatten()[:6].tolist()
        out["trained"] = network.train()(given).flatten()[:6].tolist()
    print(json.dumps(out))


def main():
    print("# Printed by: python tests/bench/references/networks.py > tests/bench/references/networks.jsonl")
    print(f"# with torch {torch.__version__}, torchvision {torchvision.__version__}.")
    row("linear", lambda: nn.ModuleDict({"linear": nn.Linear(6, 3)}), [2, 3], 3, run=False)
    for depth in (18, 34, 50):
        row("resnet", lambda: Resnet(depth, 1000, False), [3, 224, 224], 1000, run=False, depth=depth)
    for depth in (18, 50):
        row("resnet", lambda: Resnet(depth, 10, False), [3, 64, 64], 10, depth=depth)
    row("resnet", lambda: Resnet(18, 10, True), [3, 32, 32], 10, depth=18, stem="Small")


if __name__ == "__main__":
    sys.exit(main())
