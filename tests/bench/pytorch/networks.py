"""Our architectures in Python, layer by layer, as a user of PyTorch who wants speed would write them: the fused attention
of torch.nn.functional, no dropout where there is none."""
import torch
import torch.nn.functional as F
from torch import nn


def mlp(inputs, hidden, classes):
    sizes = [inputs, *hidden]
    layers = [layer for a, b in zip(sizes, sizes[1:]) for layer in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], classes))


def cnn(shape, channels, hidden, classes):
    layers, sizes = [], [shape[0], *channels]
    for a, b in zip(sizes, sizes[1:]):
        layers += [nn.Conv2d(a, b, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    left = sizes[-1] * (shape[1] >> len(channels)) * (shape[2] >> len(channels))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(left, hidden), nn.ReLU(), nn.Linear(hidden, classes))


class Block(nn.Module):
    def __init__(self, a, b, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(a, b, 3, stride, 1, bias=False), nn.BatchNorm2d(b)
        self.conv2, self.bn2 = nn.Conv2d(b, b, 3, 1, 1, bias=False), nn.BatchNorm2d(b)
        self.downsample = nn.Sequential(nn.Conv2d(a, b, 1, stride, bias=False), nn.BatchNorm2d(b)) if stride > 1 or a != b else nn.Identity()

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)), inplace=True)))
        y += self.downsample(x)
        return F.relu(y, inplace=True)


class Bottleneck(nn.Module):
    def __init__(self, a, b, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(a, b, 1, bias=False), nn.BatchNorm2d(b)
        self.conv2, self.bn2 = nn.Conv2d(b, b, 3, stride, 1, bias=False), nn.BatchNorm2d(b)
        self.conv3, self.bn3 = nn.Conv2d(b, 4 * b, 1, bias=False), nn.BatchNorm2d(4 * b)
        self.downsample = nn.Sequential(nn.Conv2d(a, 4 * b, 1, stride, bias=False), nn.BatchNorm2d(4 * b)) if stride > 1 or a != 4 * b else nn.Identity()

    def forward(self, x):
        y = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)), inplace=True))), inplace=True)
        y = self.bn3(self.conv3(y))
        y += self.downsample(x)
        return F.relu(y, inplace=True)


class Resnet50(nn.Module):
    def __init__(self, channels, width, classes):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width)
        blocks, a = [], width
        for stage, count in enumerate((3, 4, 6, 3)):
            for number in range(count):
                b = width << stage
                blocks.append(Bottleneck(a, b, 2 if stage and not number else 1))
                a = 4 * b
        self.blocks, self.fc = nn.Sequential(*blocks), nn.Linear(a, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x)), inplace=True), 3, 2, 1)
        return self.fc(self.blocks(x).mean((2, 3)))


class Resnet18(nn.Module):
    def __init__(self, channels, width, classes):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        blocks, a = [], width
        for stage in range(4):
            for number in range(2):
                b = width << stage
                blocks.append(Block(a, b, 2 if stage and not number else 1))
                a = b
        self.blocks, self.fc = nn.Sequential(*blocks), nn.Linear(a, classes)

    def forward(self, x):
        x = self.blocks(F.relu(self.bn1(self.conv1(x)), inplace=True))
        return self.fc(x.mean((2, 3)))


class Layer(nn.Module):
    """Norms before attention and feed-forward, as in GPT-2 and nn.TransformerEncoderLayer(norm_first=True)."""

    def __init__(self, width, heads, inner, causal):
        super().__init__()
        self.heads, self.causal, self.gelu = heads, causal, "tanh" if causal else "none"
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x):
        rows, places, width = x.shape
        q, k, v = (part.view(rows, places, self.heads, width // self.heads).transpose(1, 2)
                   for part in self.qkv(self.norm1(x)).split(width, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        x = x + self.out(y.transpose(1, 2).reshape(rows, places, width))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate=self.gelu))


class Sequence(nn.Module):
    def __init__(self, layers, heads, width, inner, words, places, classes):
        """classes 0: gpt, whose last layer is its embedding."""
        super().__init__()
        self.tokens, self.position = nn.Embedding(words, width), nn.Embedding(places, width)
        for table in (self.tokens, self.position):
            nn.init.normal_(table.weight, 0, 0.02)
        self.layers = nn.Sequential(*(Layer(width, heads, inner, not classes) for _ in range(layers)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, classes) if classes else None

    def forward(self, tokens):
        x = self.norm(self.layers(self.tokens(tokens) + self.position.weight[:tokens.shape[1]]))
        return self.head(x.mean(1)) if self.head is not None else F.linear(x, self.tokens.weight)


def network(case, classes):
    torch.manual_seed(1)
    kind, shape, given = case["architecture"], case["shape"], case["parameters"]
    if kind == "mlp":
        return mlp(shape[0], given["hidden"], classes)
    if kind == "cnn":
        return cnn(shape, given["channels"], given["hidden"], classes)
    if kind == "resnet":
        return (Resnet50 if given["depth"] == 50 else Resnet18)(shape[0], given["width"], classes)
    return Sequence(given["layers"], given["heads"], given["width"], given["feedForward"], given["vocabularySize"], given["maxLength"],
                    0 if kind == "gpt" else classes)
