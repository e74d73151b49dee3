"""What of ./dev bench data needs no measuring: what is read, and which peer counts."""
import data
import data_sets
import numpy
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet
import pytest
import tfrecords
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


def test_records_hold_the_rows_and_their_checksums(tmp_path):
    table = next(data_sets.tables(80))
    tfrecords.write(table, tmp_path / "a.tfrecord")
    records = numpy.fromfile(tmp_path / "a.tfrecord", "uint8").reshape(table.num_rows, -1)
    length, record = records.shape[1] - 16, records[:, 12:-4]
    assert (records[:, :8].copy().view("<u8") == length).all()
    assert (records[:, -4:] == tfrecords.masked_crc(record)).all()
    name = b"c07"
    at = record[0].tobytes().index(name) + len(name) + len(b"\x12\x08\x12\x06\x0a\x04")
    assert (record[:, at:at + 4].copy().view("<f4")[:, 0] == table["c07"].to_numpy()).all()
    assert (record[:, -1] == table[data_sets.LABEL].to_numpy()).all()


def test_the_checksum_is_that_of_castagnoli():
    digits = numpy.frombuffer(b"123456789", "uint8").reshape(1, -1)
    plain = 0xE3069283
    wanted = ((plain >> 15 | plain << 17) + tfrecords.MASK) & 0xFFFFFFFF
    assert tfrecords.masked_crc(digits).view("<u4") == wanted


def test_the_peer_is_the_quickest_and_the_ratio_is_of_rates(monkeypatch):
    rates = {"ours": (80, 30.0), "pyarrow": (80, 10.0), "DataLoader": (80, 20.0)}
    monkeypatch.setattr(data, "told", lambda words, *_: rates[words])
    made = Bench("x")
    data.measure(made, "data/csv/file", {name: name for name in rates}, "", type("Options", (), {"runs": 2}))
    row, = made.rows
    assert (row["ours"], row["peer"], row["peer_name"], row["ratio"]) == (30.0, 20.0, "DataLoader", 1.5)


def test_ours_may_have_no_peer_and_a_scan_has_a_row_of_its_own(monkeypatch):
    monkeypatch.setattr(data, "told", lambda *_: [80, 30.0, 20.0])
    made = Bench("x")
    data.measure(made, "streamed/parquet/file", {"ours": None}, "", type("Options", (), {"runs": 2}))
    assert [(row["what"], row["ours"], row["peer"]) for row in made.rows] == [("streamed/parquet/file", 30.0, None), ("scan/parquet/file", 20.0, None)]


def test_readers_that_found_other_rows_are_not_compared(monkeypatch):
    monkeypatch.setattr(data, "told", lambda words, *_: (words, 1.0))
    with pytest.raises(OSError, match="not read the same rows"):
        data.measure(Bench("x"), "data/csv/file", {"ours": 80, "pyarrow": 81}, "", type("Options", (), {"runs": 1}))
