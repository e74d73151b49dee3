"""Writes a table as TFRecord, for ./dev bench data: a tf.train.Example a row, floats as FloatList and whole numbers below 128 as Int64List.

All records of a file are as long, so that they are made column by column: TensorFlow's wheel, which writes them one by one, has 300 MB.
"""
import numpy

MASK = 0xA282EAD8


def _table():
    """CRC-32C (Castagnoli) of each byte."""
    crc = numpy.arange(256, dtype="uint32")
    for _ in range(8):
        crc = (crc >> 1) ^ numpy.where(crc & 1, numpy.uint32(0x82F63B78), numpy.uint32(0))
    return crc


TABLE = _table()


def masked_crc(rows):
    """Of each row of bytes, as the bytes that TFRecord has of it."""
    crc = numpy.full(len(rows), 0xFFFFFFFF, "uint32")
    for column in rows.T:
        crc = TABLE[(crc ^ column) & 0xFF] ^ (crc >> 8)
    crc = ~crc
    masked = ((crc >> 15) | (crc << 17)) + numpy.uint32(MASK)
    return masked.astype("<u4").view("uint8").reshape(-1, 4)


def _field(number, content):
    """A field of bytes of a message that is shorter than 128 bytes."""
    return bytes([number << 3 | 2, len(content)]) + content


def _entries(table):
    """Of each feature what stands before its value, in each row the same, and the bytes of the values."""
    for name in table.column_names:
        values = table[name].to_numpy()
        whole = values.dtype.kind == "i"
        own = values.astype("uint8").reshape(-1, 1) if whole else values.astype("<f4").view("uint8").reshape(-1, 4)
        empty = bytes(own.shape[1])
        feature = _field(3 if whole else 2, _field(1, empty))
        entry = _field(1, _field(1, name.encode()) + _field(2, feature))
        yield entry[:-own.shape[1]], own


def _varint(number):
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + _varint(number >> 7)


def write(table, path):
    parts = []
    for before, values in _entries(table):
        parts += [numpy.tile(numpy.frombuffer(before, "uint8"), (len(values), 1)), values]
    features = numpy.concatenate(parts, axis=1)
    head = numpy.frombuffer(b"\x0a" + _varint(features.shape[1]), "uint8")
    records = numpy.concatenate([numpy.tile(head, (len(features), 1)), features], axis=1)
    length = numpy.tile(numpy.array([records.shape[1]], "<u8").view("uint8"), (len(records), 1))
    numpy.concatenate([length, masked_crc(length), records, masked_crc(records)], axis=1).tofile(path)
