"""What of ./dev bench data needs no measuring: what is read, and which peer counts."""
import data
import data_sets
import numpy
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet
import pytest
from frame import Bench

READERS = {"parquet": pyarrow.parquet.read_table, "csv": pyarrow.csv.read_csv, "jsonl": pyarrow.json.read_json}


@pytest.mark.parametrize("format", READERS)
def test_each_format_holds_the_same_rows(format, tmp_path):
    folder = data_sets.make(tmp_path, 80, format)
    for table, path in zip(data_sets.tables(80), sorted(folder.iterdir()), strict=True):
        there = READERS[format](str(path))
        assert there.column_names == table.column_names
        for name in table.column_names:
            assert numpy.allclose(there[name].to_numpy(), table[name].to_numpy(), atol=1e-6)


def test_the_peer_is_the_quickest_and_the_ratio_is_of_rates(monkeypatch):
    rates = {"ours": (80, 30.0), "pyarrow": (80, 10.0), "DataLoader": (80, 20.0)}
    monkeypatch.setattr(data, "told", lambda words, endpoint: rates[words])
    made = Bench("x")
    data.measure(made, "data/csv/file", {name: name for name in rates}, "", type("Options", (), {"runs": 2}))
    row, = made.rows
    assert (row["ours"], row["peer"], row["peer_name"], row["ratio"]) == (30.0, 20.0, "DataLoader", 1.5)


def test_readers_that_found_other_rows_are_not_compared(monkeypatch):
    monkeypatch.setattr(data, "told", lambda words, endpoint: (words, 1.0))
    with pytest.raises(OSError, match="not read the same rows"):
        data.measure(Bench("x"), "data/csv/file", {"ours": 80, "pyarrow": 81}, "", type("Options", (), {"runs": 1}))
