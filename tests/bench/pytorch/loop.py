"""One rank of the peer of ./dev bench learning: PyTorch's own loop over the same table, with DDP where there are several.

Tuned as its pages say: AdamW(fused=True), zero_grad(set_to_none=True), channels_last for images if asked, DDP with
gradient_as_bucket_view and static_graph, batches taken out of tensors in memory (no DataLoader), denormals flushed, and
nothing looked at but the clock. Tells {"step": n} when its loop begins and then once a second, as our worker does.

On a GPU, as its pages say too: the rows lie on it, pinned memory is not needed; autocast to bf16 where the case says so, torch.compile if asked,
cuDNN's benchmark mode, and the clock is looked at behind a synchronize.

    loop.py CASE TABLE RANK RANKS PORT THREADS CHANNELS_LAST [DEVICE COMPILE]
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

from learning_cases import CASES, CLASSES, GPU_CASES, is_tokens  # noqa: E402


def read(case, path):
    table = pyarrow.parquet.read_table(path)
    *values, labels = (column.combine_chunks() for column in table.columns)
    if len(values) == 1:  # a list of all
        inputs = torch.tensor(values[0].flatten().to_numpy())
    else:
        inputs = torch.stack([torch.tensor(column.to_numpy()) for column in values], 1)
    inputs, labels = inputs.view(-1, *case["shape"]), torch.tensor(labels.to_numpy())
    if not is_tokens(case):
        return inputs, labels
    inputs = inputs.long()
    if case["architecture"] == "gpt":  # the token after each place; the label column is that after the last
        return inputs, torch.cat([inputs[:, 1:], labels[:, None]], 1)
    return inputs, labels


def tell(step):
    print(json.dumps({"step": step}), flush=True)


def autocast(case, device):
    return torch.autocast(device, torch.bfloat16, enabled=case.get("precision") == "bf16")


def train(model, inputs, targets, case, device, rank, ranks):
    batch = case["batch"]
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.0001, weight_decay=0.01, fused=True)
    generator = torch.Generator().manual_seed(1)
    share, step, told = batch // ranks, 0, time.monotonic()
    tell(0)
    while True:
        order = torch.randperm(len(inputs), generator=generator)
        for first in range(rank * share, len(order) - batch + rank * share + 1, batch):
            rows = order[first:first + share].to(device)
            optimizer.zero_grad(set_to_none=True)
            with autocast(case, device):
                logits = model(inputs.index_select(0, rows))
                loss = F.cross_entropy(logits.flatten(0, -2), targets.index_select(0, rows).flatten())
            loss.backward()
            optimizer.step()
            step += 1
            if rank == 0 and time.monotonic() - told >= 1:
                if device == "cuda":
                    torch.cuda.synchronize()
                told = time.monotonic()
                tell(step)


def main():
    name, path = sys.argv[1:3]
    rank, ranks, port, threads, channels_last = map(int, sys.argv[3:8])
    device, compiled = sys.argv[8] if len(sys.argv) > 8 else "cpu", sys.argv[9:] == ["1"]
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    torch.backends.cudnn.benchmark = True
    case = {**CASES, **GPU_CASES}[name]
    inputs, targets = (tensor.to(device) for tensor in read(case, path))
    model = networks.network(case, CLASSES).to(device)
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
        inputs = inputs.contiguous(memory_format=torch.channels_last)
    if ranks > 1:
        torch.distributed.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=ranks)
        model = DistributedDataParallel(model, gradient_as_bucket_view=True, static_graph=True)
    if compiled:
        model = torch.compile(model)
    train(model, inputs, targets, case, device, rank, ranks)


if __name__ == "__main__":
    main()
