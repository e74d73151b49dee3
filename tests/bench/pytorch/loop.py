"""One rank of the peer of ./dev bench learning: PyTorch's own loop over the same table, with DDP where there are several.

Tuned as its pages say: AdamW(fused=True), zero_grad(set_to_none=True), channels_last for images if asked, DDP with
gradient_as_bucket_view and static_graph, batches taken out of tensors in memory (no DataLoader), denormals flushed, and
nothing looked at but the clock. Tells {"step": n} when its loop begins and then once a second, as our worker does.

    loop.py CASE TABLE RANK RANKS PORT THREADS CHANNELS_LAST
"""
import json
import pathlib
import sys
import time

import networks
import pyarrow.parquet
import torch
import torch.distributed
import torch.nn.functional as F
from torch.nn.parallel import DistributedDataParallel

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from learning_cases import CASES, CLASSES, is_tokens  # noqa: E402


def read(case, path):
    table = pyarrow.parquet.read_table(path)
    columns = [torch.tensor(column.to_numpy()) for column in table.columns]
    inputs = torch.stack(columns[:-1], 1).view(-1, *case["shape"])
    if not is_tokens(case):
        return inputs, columns[-1]
    inputs = inputs.long()
    if case["architecture"] == "gpt":  # the token after each place; the label column is that after the last
        return inputs, torch.cat([inputs[:, 1:], columns[-1][:, None]], 1)
    return inputs, columns[-1]


def tell(step):
    print(json.dumps({"step": step}), flush=True)


def train(model, inputs, targets, batch, rank, ranks):
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.0001, weight_decay=0.01, fused=True)
    generator = torch.Generator().manual_seed(1)
    share, step, told = batch // ranks, 0, time.monotonic()
    tell(0)
    while True:
        order = torch.randperm(len(inputs), generator=generator)
        for first in range(rank * share, len(order) - batch + rank * share + 1, batch):
            rows = order[first:first + share]
            optimizer.zero_grad(set_to_none=True)
            logits = model(inputs.index_select(0, rows))
            F.cross_entropy(logits.flatten(0, -2), targets.index_select(0, rows).flatten()).backward()
            optimizer.step()
            step += 1
            if rank == 0 and time.monotonic() - told >= 1:
                told = time.monotonic()
                tell(step)


def main():
    name, path = sys.argv[1:3]
    rank, ranks, port, threads, channels_last = map(int, sys.argv[3:])
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    case = CASES[name]
    inputs, targets = read(case, path)
    model = networks.network(case, CLASSES)
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
        inputs = inputs.contiguous(memory_format=torch.channels_last)
    if ranks > 1:
        torch.distributed.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=ranks)
        model = DistributedDataParallel(model, gradient_as_bucket_view=True, static_graph=True)
    train(model, inputs, targets, case["batch"], rank, ranks)


if __name__ == "__main__":
    main()
