#!/usr/bin/env python3
"""Stages C++ roots out of Python wheels: libtorch's CPU part, or Arrow.

usage: stage.py torch|arrow WHEELS_DIR OUT_DIR

torch: OUT/include (without google/ and fmt/, which would shadow Debian's), OUT/lib with
libtorch_cpu, libc10, libgomp (stripped) and 14 KB stand-ins for libcudart.so.13 and
libcupti.so.13, and OUT/cuda/lib with NVIDIA's own two for the CUDA image.
arrow: OUT/include and OUT/lib with libarrow, libparquet, libarrow_s3 and what they need.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

TORCH_LIBS = {"libtorch_cpu.so", "libc10.so", "libgomp.so.1"}
SHADOWING_HEADERS = ("torch/include/google/", "torch/include/fmt/")
ARROW_LIBS = re.compile(r"pyarrow/lib(arrow|parquet|arrow_s3|arrow_compute|arrow_acero)\.so\.\d+$")
CUDA_LIBS = {"nvidia_cuda_runtime": "libcudart.so.13", "nvidia_cuda_cupti": "libcupti.so.13"}
CUDA_ERROR_NO_DEVICE = 100
CUPTI_ERROR_NOT_INITIALIZED = 15


def wheel(wheels, name):
    found = sorted(wheels.glob(f"{name}-*.whl"))
    if len(found) != 1:
        sys.exit(f"stage.py: {wheels} holds {len(found)} wheels named {name}-*.whl, wanted 1")
    return zipfile.ZipFile(found[0])


def extract(archive, member, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as source, open(target, "wb") as sink:
        shutil.copyfileobj(source, sink, 1 << 20)


def strip(library):
    subprocess.run(["strip", "--strip-unneeded", library], check=True)


def stand_in_body(symbol, value):
    if symbol == "cudaGetDeviceCount":
        return f"int {symbol}(int* n) {{ if (n) *n = 0; return {value}; }}"
    if symbol == "cudaGetErrorString":
        return f'const char* {symbol}(int e) {{ (void)e; return "built without CUDA"; }}'
    return f"int {symbol}(void) {{ return {value}; }}"


def make_stand_in(importer, soname, value, out):
    """A library that has every symbol `importer` wants from `soname`; each says: no device."""
    listed = subprocess.run(["nm", "-D", "--undefined-only", importer], check=True,
                            capture_output=True, text=True).stdout
    symbols = sorted(set(re.findall(rf" U (\w+)@{re.escape(soname)}$", listed, re.M)))
    if not symbols:
        sys.exit(f"stage.py: {importer} imports nothing from {soname}")
    with tempfile.TemporaryDirectory() as work:
        source, script = pathlib.Path(work, "stand_in.c"), pathlib.Path(work, "stand_in.map")
        source.write_text("\n".join(stand_in_body(s, value) for s in symbols) + "\n")
        script.write_text(f"{soname} {{ global: {'; '.join(symbols)}; local: *; }};\n")
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-s", "-o", out / soname, source,
                        f"-Wl,-soname,{soname}", f"-Wl,--version-script,{script}"], check=True)


def stage_torch(wheels, out):
    archive = wheel(wheels, "torch")
    for name in archive.namelist():
        if name.startswith("torch/include/") and not name.startswith(SHADOWING_HEADERS):
            if not name.endswith("/"):
                extract(archive, name, out / name.removeprefix("torch/"))
        elif name.removeprefix("torch/lib/") in TORCH_LIBS:
            extract(archive, name, out / "lib" / name.removeprefix("torch/lib/"))
            strip(out / "lib" / name.removeprefix("torch/lib/"))
    for package, soname in CUDA_LIBS.items():
        extract(wheel(wheels, package), f"nvidia/cu13/lib/{soname}", out / "cuda/lib" / soname)
    importer = out / "lib/libtorch_cpu.so"
    make_stand_in(importer, "libcudart.so.13", CUDA_ERROR_NO_DEVICE, out / "lib")
    make_stand_in(importer, "libcupti.so.13", CUPTI_ERROR_NOT_INITIALIZED, out / "lib")


def stage_arrow(wheels, out):
    archive = wheel(wheels, "pyarrow")
    for name in archive.namelist():
        if name.startswith("pyarrow/include/") and not name.endswith("/"):
            extract(archive, name, out / name.removeprefix("pyarrow/"))
        elif ARROW_LIBS.match(name):
            library = out / "lib" / name.removeprefix("pyarrow/")
            extract(archive, name, library)
            strip(library)


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in ("torch", "arrow"):
        sys.exit(__doc__)
    stage = {"torch": stage_torch, "arrow": stage_arrow}[sys.argv[1]]
    stage(pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))


if __name__ == "__main__":
    main()
