"""The images by name: which layers each is made of and how it starts.

A Recipe's layers go from what changes least to what changes with every build; the first ones
are the same bytes from build to build, so a node that has them is not sent them again.
"""
import dataclasses
import os
import pathlib
import subprocess

import contents
from oci import File

MEGABYTE = 1_000_000


class NotBuilt(Exception):
    """A program that the image holds is not there; the message says how to make it."""


@dataclasses.dataclass(frozen=True)
class Recipe:
    layers: list  # of (name, [File])
    entrypoint: list
    limit: int = None  # bytes


@dataclasses.dataclass(frozen=True)
class Inputs:
    """Where things are: the source tree, its build folder, and what ./dev exports."""

    root: pathlib.Path
    work: pathlib.Path
    environment: dict

    def program(self, preset, path):
        program = self.root / "build" / preset / path
        if not program.exists():
            verb = "./dev build" if preset == "release" else f"./dev build --preset {preset}"
            raise NotBuilt(f"{program} is not there; `{verb}` makes it")
        return str(program)

    def variable(self, name):
        value = self.environment.get(name)
        if not value:
            raise NotBuilt(f"${name} is not set; run this through `./dev images`")
        return value


def program_layers(program, work, staged=(), instead=None):
    """Staged libraries (large, from wheels), Debian's, those that lie over some of them with what they
    need themselves, then the program with the common files."""
    libraries = contents.needed_libraries(program)
    roots = tuple(os.path.realpath(root) + "/" for root in staged)
    large = {n: p for n, p in libraries.items() if roots and os.path.realpath(p).startswith(roots)}
    small = {n: p for n, p in libraries.items() if n not in large}
    layers = [("tensors", contents.library_files(large))] if large else []
    layers.append(("libraries", contents.library_files(small)))
    if instead:
        theirs = {n: p for over in instead.values() for n, p in contents.needed_libraries(over).items()}
        new = {n: p for n, p in theirs.items() if n not in libraries}
        layers.append(("instead", contents.library_files({**new, **instead})))
    layers.append(("program", [*contents.common_files(), contents.program_file(program, work)]))
    return layers


def cresset(inputs):
    program = inputs.program("release", "operator/cresset")
    return Recipe(program_layers(program, inputs.work / "release"), ["/usr/bin/cresset"],
                  limit=60 * MEGABYTE)


def worker(inputs, preset, instead=None, staged=()):
    program = inputs.program(preset, "worker/cresset-worker")
    staged = [inputs.variable("CRESSET_TORCH_ROOT"), inputs.variable("CRESSET_ARROW_ROOT"), *staged]
    layers = program_layers(program, inputs.work / preset, staged, instead)
    return Recipe(layers, ["/usr/bin/cresset-worker"])


def cresset_worker(inputs):
    return worker(inputs, "release")


OPENED = ("libcudnn*.so.*", "libnvrtc*.so.*")  # by libtorch's part for GPUs, while it runs


def by_name(paths):
    return {path.name: str(path) for path in sorted(paths)}


def packages_for_gpus(program):
    """Where libtorch's part for GPUs and NVIDIA's libraries lie, or nothing: a worker is built without them unless told (./dev build gpu)."""
    part = contents.needed_libraries(program).get("libtorch_cuda.so")
    return pathlib.Path(part).resolve().parents[2] if part else None


def cresset_worker_cuda(inputs):
    """As cresset-worker, with NVIDIA's libcudart and libcupti over the stand-ins: 5 MB more for a node that has that one. If it
    computes on GPUs, then also with all of NVIDIA's libraries: some are opened by name, which ldd does not tell."""
    instead = by_name(pathlib.Path(inputs.variable("CRESSET_TORCH_ROOT"), "cuda/lib").iterdir())
    program = inputs.program("cuda", "worker/cresset-worker")
    packages = packages_for_gpus(program)
    if packages is None:
        return worker(inputs, "cuda", instead)
    linked = contents.needed_libraries(program)
    opened = {n: p for one in OPENED for n, p in by_name(packages.glob(f"nvidia/*/lib/{one}")).items() if n not in linked}
    return worker(inputs, "cuda", {**opened, **instead}, [str(packages)])


def pause(inputs):
    source, program = inputs.root / "e2e/images/pause.c", inputs.work / "pause"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["gcc", "-Os", "-s", "-static", "-o", program, source], check=True)
    return Recipe([("program", [File("pause", source=str(program), mode=0o755)])], ["/pause"])


def coredns(inputs):
    program = File("usr/bin/coredns", source=inputs.variable("CRESSET_KUBE"), mode=0o755)
    return Recipe([("program", [*contents.common_files(), program])], ["/usr/bin/coredns"])


def versitygw(inputs):
    program = File("usr/bin/versitygw", source=inputs.variable("CRESSET_VERSITYGW"), mode=0o755)
    data = File("data", mode=0o1777)
    return Recipe([("program", [*contents.common_files(), data, program])], ["/usr/bin/versitygw"])


RECIPES = {
    "cresset": cresset,
    "cresset-worker": cresset_worker,
    "cresset-worker-cuda": cresset_worker_cuda,
    "pause": pause,
    "coredns": coredns,
    "versitygw": versitygw,
}
