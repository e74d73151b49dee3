"""A peer of ./dev bench data: TFRecord files by tf.data as TensorFlow's guide to its performance has it (files read in parallel, records
parsed a batch at a time and in parallel, ahead of who takes them), to batches of float32 [256, columns] and labels.

    read.py FOLDER COLUMNS LABEL

Prints what tests/bench/read_rows.cc prints; importing is not counted.
"""
import json
import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow  # noqa: E402

BATCH = 256


def main(folder, columns, label):
    begun = time.perf_counter()
    names = [f"c{i:02}" for i in range(int(columns))]
    kinds = {name: tensorflow.io.FixedLenFeature([], tensorflow.float32) for name in names}
    kinds[label] = tensorflow.io.FixedLenFeature([], tensorflow.int64)

    def parse(records):
        found = tensorflow.io.parse_example(records, kinds)
        return tensorflow.stack([found[name] for name in names], axis=1), found[label]

    auto = tensorflow.data.AUTOTUNE
    files = sorted(os.path.join(folder, name) for name in os.listdir(folder))
    batches = tensorflow.data.TFRecordDataset(files, num_parallel_reads=auto).batch(BATCH).map(parse, num_parallel_calls=auto).prefetch(auto)
    rows = found = 0
    for values, _ in batches.as_numpy_iterator():
        rows, found = rows + len(values), values.shape[1]
    print(json.dumps({"rows": rows, "columns": found, "seconds": time.perf_counter() - begun}))


if __name__ == "__main__":
    main(*sys.argv[1:])
