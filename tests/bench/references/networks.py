"""What PyTorch, torchvision and Hugging Face's transformers say of our architectures: names and shapes of their tensors,
weights after a seed, outputs for given weights. tests/unit/worker/model/networks/reference_test.cc holds ours to it.

Usage, with torch==2.11.0, torchvision and transformers installed:
    python tests/bench/references/networks.py > tests/bench/references/networks.jsonl
"""
import hashlib
import json
import sys

import torch
import torchvision
import transformers
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


class Transformer(nn.Module):
    def __init__(self, classes, layers, heads, width, inner, places, vocabulary=0, features=0, first=False, padding=None):
        super().__init__()
        self.vocabulary, self.first, self.padding = vocabulary, first, padding
        self.embed = nn.Embedding(vocabulary, width) if vocabulary else nn.Linear(features, width)
        if vocabulary:
            nn.init.normal_(self.embed.weight, 0, 0.02)
        self.position = nn.Embedding(places, width)
        nn.init.normal_(self.position.weight, 0, 0.02)
        self.encoder = nn.Module()
        self.encoder.layers = nn.ModuleList(nn.TransformerEncoderLayer(
            width, heads, inner, dropout=0.0, activation="gelu", batch_first=True, norm_first=True) for _ in range(layers))
        self.encoder.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        unseen = x.long() == self.padding if self.padding is not None else None
        x = self.embed(x.long() if self.vocabulary else x) + self.position.weight[:x.shape[1]]
        for layer in self.encoder.layers:
            x = layer(x, src_key_padding_mask=unseen)
        x = self.encoder.norm(x)
        if unseen is not None and not self.first:
            return self.head(x.masked_fill(unseen[:, :, None], 0).sum(1) / (~unseen).sum(1, keepdim=True))
        return self.head(x[:, 0] if self.first else x.mean(1))


class Gpt(nn.Module):
    def __init__(self, layers, heads, width, places, vocabulary):
        super().__init__()
        config = transformers.GPT2Config(vocab_size=vocabulary, n_positions=places, n_embd=width, n_layer=layers, n_head=heads,
                                         resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0)
        self.model = transformers.GPT2LMHeadModel(config)
        torch.manual_seed(SEED)
        for name, one in self.named_parameters():
            if one.dim() == 2:
                nn.init.normal_(one, 0, 0.02 / (2 * layers) ** 0.5 if "c_proj" in name else 0.02)

    def named_parameters(self):
        return [(name.removeprefix("transformer."), one) for name, one in self.model.named_parameters()]

    def named_buffers(self):
        return []

    def forward(self, x):
        return self.model(x.long()).logits


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


def samples(shape, vocabulary):
    if vocabulary:
        return (torch.arange(2 * shape[0]) * 7 % vocabulary).view(2, shape[0]).float()
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
        given = samples(shape, parameters.get("vocabularySize", 0))
        out["evaluated"] = network.eval()(given).flatten()[:6].tolist()
        out["trained"] = network.train()(given).flatten()[:6].tolist()
    print(json.dumps(out))


def main():
    print("# Printed by: python tests/bench/references/networks.py > tests/bench/references/networks.jsonl")
    print(f"# with torch {torch.__version__}, torchvision {torchvision.__version__}, transformers {transformers.__version__}.")
    row("linear", lambda: nn.ModuleDict({"linear": nn.Linear(6, 3)}), [2, 3], 3, run=False)
    for depth in (18, 34, 50):
        row("resnet", lambda: Resnet(depth, 1000, False), [3, 224, 224], 1000, run=False, depth=depth)
    for depth in (18, 50):
        row("resnet", lambda: Resnet(depth, 10, False), [3, 64, 64], 10, depth=depth)
    row("resnet", lambda: Resnet(18, 10, True), [3, 32, 32], 10, depth=18, stem="Small")
    row("transformer", lambda: Transformer(3, 2, 4, 32, 64, 20, vocabulary=50), [12], 3, layers=2, heads=4, width=32,
        feedForward=64, vocabularySize=50, maxLength=20)
    row("transformer", lambda: Transformer(3, 2, 2, 32, 128, 12, features=5, first=True), [12, 5], 3, layers=2, heads=2, width=32,
        pooling="First")
    for pooling in ("Mean", "First"):  # the tokens that samples() makes come to 35 three times
        row("transformer", lambda: Transformer(3, 2, 4, 32, 64, 20, vocabulary=42, first=pooling == "First", padding=35), [20], 3, layers=2, heads=4, width=32,
            feedForward=64, vocabularySize=42, maxLength=20, pooling=pooling, paddingToken=35)
    row("gpt", lambda: Gpt(2, 4, 32, 16, 50), [12], 50, layers=2, heads=4, width=32, vocabularySize=50, maxLength=16)
    row("gpt", lambda: Gpt(12, 12, 768, 1024, 50257), [8], 50257, run=False, layers=12, heads=12, width=768, vocabularySize=50257,
        maxLength=1024)


if __name__ == "__main__":
    sys.exit(main())
