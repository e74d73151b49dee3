"""What ./dev bench data reads: one table, as the files of each format that its usual writer makes of it."""
import json
import pathlib

import numpy
import pyarrow
import pyarrow.csv
import pyarrow.parquet

FILES = 8
COLUMNS = 32
CLASSES = 10
LABEL = "label"


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


WRITERS = {"parquet": pyarrow.parquet.write_table, "csv": pyarrow.csv.write_csv, "jsonl": write_jsonl, "npz": write_npz}


def make(folder, rows, format):
    """The files of a format in a folder of its own, which it gives."""
    made = pathlib.Path(folder) / format
    made.mkdir(parents=True, exist_ok=True)
    for number, table in enumerate(tables(rows)):
        WRITERS[format](table, str(made / f"part-{number}.{format}"))
    return made
