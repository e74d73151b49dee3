"""A peer of ./dev bench data: a set of files read whole into float32 [rows, columns] and labels, by what people use for it.

    read.py whole FORMAT PATH LABEL           pyarrow's dataset reader (pyarrow.json, with whose files that reader of pyarrow 26
                                              waits for itself on two cores, and numpy.load for npz), to matrices in memory
    read.py batches FORMAT PATH LABEL         pyarrow's dataset reader, batch after batch as they come, each to a matrix and let go
    read.py loader FORMAT PATH LABEL WORKERS  PyTorch's DataLoader: its workers each read their share of the files and hand over batches of 256
    read.py images PATH HEIGHT WIDTH WORKERS  the same of a folder of images for each class: decoded and resized by Pillow, batches collated

PATH is a folder, or BUCKET/KEY beside $ENDPOINT. Prints what tests/bench/read_rows.cc prints; importing is not counted.
"""
import io
import json
import os
import sys
import time

import numpy
import pyarrow
import pyarrow.dataset
import pyarrow.fs
import pyarrow.json
import torch
import torch.utils.data

BATCH = 256


def store():
    """The file system; with $ENDPOINT that of S3."""
    endpoint = os.environ.get("ENDPOINT")
    if not endpoint:
        return pyarrow.fs.LocalFileSystem()
    return pyarrow.fs.S3FileSystem(endpoint_override=endpoint, access_key=os.environ["AWS_ACCESS_KEY_ID"], secret_key=os.environ["AWS_SECRET_ACCESS_KEY"],
                                   region="us-east-1")


def files_of(path):
    found = store().get_file_info(pyarrow.fs.FileSelector(path))
    return sorted(info.path for info in found if info.type == pyarrow.fs.FileType.File)


def matrix(columns):
    """float32 [rows, columns], row after row."""
    made = numpy.empty((len(columns[0]), len(columns)), "float32")
    for number, column in enumerate(columns):
        made[:, number] = column
    return made


def of_arrow(table, label):
    names = [name for name in table.column_names if name != label]
    return matrix([table[name].to_numpy() for name in names]), table[label].to_numpy()


def of_npz(path, label):
    with store().open_input_file(path) as file:
        arrays = numpy.load(io.BytesIO(file.readall()))
        return matrix([arrays[name] for name in arrays.files if name != label]), arrays[label]


def read(format, files, label):
    if format == "npz":
        parts = [of_npz(path, label) for path in files]
        return numpy.concatenate([part[0] for part in parts]), numpy.concatenate([part[1] for part in parts])
    if format == "jsonl":
        return of_arrow(pyarrow.concat_tables(read_json(path) for path in files), label)
    return of_arrow(pyarrow.dataset.dataset(files, format=format, filesystem=store()).to_table(), label)


def read_json(path):
    with store().open_input_stream(path) as file:
        return pyarrow.json.read_json(file)


def batches(format, files, label):
    for batch in pyarrow.dataset.dataset(files, format=format, filesystem=store()).to_batches():
        yield of_arrow(pyarrow.table(batch), label)


class Images(torch.utils.data.Dataset):
    """As torchvision's ImageFolder with Resize and PILToTensor: pixels by channel, row and column, and the number of the folder."""

    def __init__(self, path, height, width):
        folders = sorted(os.listdir(path))
        self._files = [(os.path.join(path, name, file), label) for label, name in enumerate(folders) for file in sorted(os.listdir(os.path.join(path, name)))]
        self._size = (width, height)

    def __len__(self):
        return len(self._files)

    def __getitem__(self, index):
        from PIL import Image
        path, label = self._files[index]
        with Image.open(path) as image:
            pixels = numpy.asarray(image.convert("RGB").resize(self._size, Image.Resampling.BILINEAR))
        return torch.from_numpy(pixels.transpose(2, 0, 1).astype("float32")), label


class Rows(torch.utils.data.IterableDataset):
    """Batches; each worker reads every so manieth file."""

    def __init__(self, format, files, label):
        self._format, self._files, self._label = format, files, label

    def __iter__(self):
        info = torch.utils.data.get_worker_info()
        first, step = (info.id, info.num_workers) if info else (0, 1)
        for path in self._files[first::step]:
            values, labels = map(torch.from_numpy, read(self._format, [path], self._label))
            yield from zip(values.split(BATCH), labels.split(BATCH))


def loader(dataset, workers="0", **options):
    return torch.utils.data.DataLoader(dataset, num_workers=int(workers), multiprocessing_context="forkserver" if int(workers) else None, **options)


def parts(how, *words):
    """Values and labels, part by part."""
    if how == "images":
        path, height, width, workers = words
        return loader(Images(path, int(height), int(width)), workers, batch_size=BATCH)
    format, path, label, *workers = words
    files = files_of(path)
    if how == "loader":
        return loader(Rows(format, files, label), *workers, batch_size=None)
    return batches(format, files, label) if how == "batches" else [read(format, files, label)]


def main(*words):
    begun = time.perf_counter()
    rows = columns = 0
    for values, labels in parts(*words):
        assert len(labels) == len(values)
        rows, columns = rows + len(labels), numpy.prod(values.shape[1:], dtype=int).item()
    print(json.dumps({"rows": rows, "columns": columns, "seconds": time.perf_counter() - begun}))


if __name__ == "__main__":
    main(*sys.argv[1:])
