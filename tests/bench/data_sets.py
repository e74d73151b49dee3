"""What ./dev bench data reads: one table, as the files of each format that its usual writer makes of it."""
import json
import pathlib

import numpy
import pyarrow
import pyarrow.csv
import pyarrow.parquet

import tfrecords

FILES = 8
COLUMNS = 32
CLASSES = 10
LABEL = "label"
IMAGE_SIDE = 128
RESIZED = 64
ROWS_AN_IMAGE = 50


def tables(rows):
    """One for each file, the same by a seed."""
    random = numpy.random.default_rng(11)
    for _ in range(FILES):
        size = rows // FILES
        columns = {f"c{i:02}": random.standard_normal(size).astype("float32") for i in range(COLUMNS)}
        yield pyarrow.table({**columns, LABEL: random.integers(0, CLASSES, size)})


def write_jsonl(table, path):
    with open(path, "w") as out:
        for row in table.to_pylist():
            out.write(json.dumps({key: round(value, 6) for key, value in row.items()}) + "\n")


def write_npz(table, path):
    numpy.savez(path, **{name: table[name].to_numpy() for name in table.column_names})


WRITERS = {"parquet": pyarrow.parquet.write_table, "csv": pyarrow.csv.write_csv, "jsonl": write_jsonl, "npz": write_npz,
           "tfrecord": tfrecords.write}


def make_images(made, count):
    """JPEG of IMAGE_SIDE pixels a side, smooth with some noise as photographs are, in a folder for each class; by Pillow."""
    from PIL import Image
    random = numpy.random.default_rng(12)
    for number in range(count):
        waves = random.uniform(0.5, 4, (2, 3, 1))
        place = numpy.linspace(0, 3, IMAGE_SIDE)
        smooth = numpy.sin(waves[0] * place)[:, :, None] + numpy.cos(waves[1] * place)[:, None, :]
        pixels = 128 + 50 * smooth + random.normal(0, 4, smooth.shape)
        path = made / f"class-{number % CLASSES}" / f"{number:06}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.clip(0, 255).astype("uint8").transpose(1, 2, 0)).save(path, quality=90)


def make(folder, rows, format):
    """The files of a format in a folder of its own, which it gives."""
    made = pathlib.Path(folder) / format
    made.mkdir(parents=True, exist_ok=True)
    if format == "images":
        make_images(made, rows // ROWS_AN_IMAGE)
        return made
    for number, table in enumerate(tables(rows)):
        WRITERS[format](table, str(made / f"part-{number}.{format}"))
    return made
