"""Writes tests/unit/worker/data/files: one table in each format that a job reads, by its usual writer (pandas, pyarrow, NumPy,
TensorFlow, Pillow), and what Pillow makes of the images. Not run by tests, since TensorFlow's wheel has 300 MB:

    python3 -m venv v && v/bin/pip install tensorflow-cpu==2.21.0 pandas==3.1.1 pyarrow==26.0.1 pillow==13.0.0
    v/bin/python tests/bench/references/data_files.py
"""
import json
import pathlib
import shutil

import numpy
import pandas
import pyarrow
import pyarrow.parquet
import tensorflow
from PIL import Image

FILES = pathlib.Path(__file__).resolve().parents[2] / "unit" / "worker" / "data" / "files"
X = [0.5, -1.25, None, 3.0, 1e-3]
N = [3, 0, -7, 2**31, 5]
V = [[1, 2, 3], [4, 5, 6.5], [0, 0, 0], [-1, -2, -3], [0.25, 0.5, 0.75]]
SIDE = ["left", "right", "right", "Übrig", "left"]
NANS = [float("nan") if x is None else x for x in X]


def text_files():
    frame = pandas.DataFrame({"x": X, "n": N, **{f"v[{i}]": [v[i] for v in V] for i in range(3)}, "side": SIDE})
    frame.to_csv(FILES / "points.csv", index=False)
    frame.to_csv(FILES / "points.csv.gz", index=False)
    lists = pandas.DataFrame({"x": X, "n": N, "v": V, "side": SIDE})
    lists.to_json(FILES / "points.jsonl", orient="records", lines=True)
    lists.to_json(FILES / "points.jsonl.gz", orient="records", lines=True)
    frame.to_parquet(FILES / "frame.parquet", index=False)
    pyarrow.parquet.write_table(
        pyarrow.table({"x": X, "n": N, "v": pyarrow.array(V, pyarrow.list_(pyarrow.float32(), 3)), "side": SIDE}),
        FILES / "points.parquet", row_group_size=2)


def numpy_files():
    arrays = {"x": numpy.array(NANS, ">f8"), "n": numpy.array(N), "v": numpy.array(V, "f4"), "side": numpy.array(SIDE)}
    numpy.savez(FILES / "points.npz", **arrays)
    numpy.savez_compressed(FILES / "packed.npz", **{**arrays, "v": numpy.asfortranarray(arrays["v"])})
    fields = [("x", "f4"), ("n", "i8"), ("v", "f2", (3,)), ("side", "U5")]
    numpy.save(FILES / "points.npy", numpy.array(list(zip(NANS, N, V, SIDE)), fields))
    cube = numpy.arange(24).reshape(2, 3, 4)
    numpy.save(FILES / "cube.npy", cube)
    numpy.save(FILES / "cube_fortran.npy", numpy.asfortranarray(cube))


def records():
    train = tensorflow.train
    for name, compression in (("points.tfrecord", ""), ("points.tfrecord.gz", "GZIP")):
        with tensorflow.io.TFRecordWriter(str(FILES / name), compression) as writer:
            for x, n, v, side in zip(X, N, V, SIDE):
                feature = {"n": train.Feature(int64_list=train.Int64List(value=[n])),
                           "v": train.Feature(float_list=train.FloatList(value=v)),
                           "side": train.Feature(bytes_list=train.BytesList(value=[side.encode()]))}
                if x is not None:
                    feature["x"] = train.Feature(float_list=train.FloatList(value=[x]))
                writer.write(train.Example(features=train.Features(feature=feature)).SerializeToString())


def images():
    noise = numpy.random.default_rng(5).integers(0, 256, (13, 17, 4), numpy.uint8)
    smooth = numpy.add.outer(numpy.arange(24) * 9, numpy.arange(30) * 3)[..., None] % 256 * [1, 0.5, 0.25]
    color = Image.fromarray(noise[..., :3])
    pictures = {"left/rgb.png": color, "left/gray.png": color.convert("L"), "left/palette.png": color.quantize(16),
                "right/alpha.png": Image.fromarray(noise), "right/bits.png": color.convert("1"),
                "right/smooth.jpg": Image.fromarray(smooth.astype(numpy.uint8)),
                "right/smooth_gray.jpeg": Image.fromarray(smooth.astype(numpy.uint8)).convert("L")}
    expected = {}
    for name, picture in pictures.items():
        path = FILES / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
        read = Image.open(path).convert("RGBA").convert("RGB") if name.endswith("png") else Image.open(path).convert("RGB")
        for channels, mode in ((3, "RGB"), (1, "L")):
            for height, width in ((13, 17), (5, 8), (20, 32)):
                # One axis after the other: which is first, Pillow chooses by what costs less, and a digit may turn by it.
                wide = read.convert(mode).resize((width, read.height), Image.Resampling.BILINEAR)
                made = numpy.asarray(wide.resize((width, height), Image.Resampling.BILINEAR))
                values = made.reshape(height, width, channels).transpose(2, 0, 1).ravel().tolist()
                expected.setdefault(f"{channels}x{height}x{width}", {})[name] = values
    (FILES / "images.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


def main():
    shutil.rmtree(FILES, ignore_errors=True)
    FILES.mkdir()
    text_files()
    numpy_files()
    records()
    images()


if __name__ == "__main__":
    main()
