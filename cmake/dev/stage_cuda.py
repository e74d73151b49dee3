#!/usr/bin/env python3
"""Stages a toolkit as nvcc expects it, bin, include, nvvm and lib64, out of NVIDIA's wheels.

usage: stage_cuda.py WHEELS_DIR OUT_DIR
"""
import pathlib
import stat
import sys

from stage import extract, wheel

PACKAGES = ("nvidia_cuda_nvcc", "nvidia_cuda_crt", "nvidia_nvvm", "nvidia_cuda_cccl", "nvidia_cuda_runtime")
TOOLKIT = "nvidia/cu13/"
PROGRAMS = ("bin", "nvvm/bin")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    wheels, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    for package in PACKAGES:
        archive = wheel(wheels, package)
        for name in archive.namelist():
            if name.startswith(TOOLKIT) and not name.endswith("/"):
                extract(archive, name, out / name.removeprefix(TOOLKIT))
    (out / "lib").rename(out / "lib64")
    for folder in PROGRAMS:
        for program in (out / folder).iterdir():
            if program.is_file():
                program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


if __name__ == "__main__":
    main()
