#!/usr/bin/env python3
"""The rules of the house that no compiler keeps: arrows between folders, lengths of files, headers
(#pragma once, an opening paragraph), pure folders, unit tests (mirrored, without sleeps), TODOs.

Usage: cmake/lint.py [--root DIR]     prints a line FILE:LINE: WHAT a finding, exits 1 if there is any.

ARROWS says which folders a folder may include (itself always). It is the table of ARCHITECTURE.md and of
DESIGN.md section 4; CMake's link lines keep the same arrows, this check also sees headers that need no
linking. A folder that is not listed may not be included by anybody.
"""
import argparse
import pathlib
import re
import subprocess
import sys

NET = ["operator/net/client", "operator/net/server"]
RUNTIME = ["operator/runtime", "operator/kube/client", "operator/kube/core", "operator/base"]
CONTRACT = ["crds/worker_contract", "operator/base"]
WORKER_LOW = ["worker/model", "worker/text", "worker/data", "worker/data/core", "worker/device", "worker/dist",
              "worker/cpu", "worker/cuda", "worker/config"] + CONTRACT

ARROWS = {
    "operator/base": [],
    "operator/net/client": ["operator/base"],
    "operator/net/server": ["operator/base", "operator/net/client"],
    "operator/kube/core": ["operator/base"],
    "operator/kube/client": ["operator/kube/core", "operator/net/client", "operator/base"],
    "operator/runtime": ["operator/kube/client", "operator/kube/core", "operator/net/server", "operator/base"],
    "operator/coordination": RUNTIME + NET + ["crds", "crds/worker_contract"],
    "operator/gateway": RUNTIME + NET + ["crds", "crds/worker_contract"],
    "operator/cli": ["operator/kube/client", "operator/kube/core", "operator/base", "crds", "crds/worker_contract"],
    "operator": None,  # the composition root may include everything but the worker
    "crds/worker_contract": ["operator/base"],
    "crds": ["crds/worker_contract", "operator/kube/core", "operator/base"],
    "controllers/common": RUNTIME + ["crds", "crds/worker_contract"],
    "controllers/autoscale": ["operator/base", "crds/worker_contract"],
    "controllers/training_job": RUNTIME + ["controllers/common", "crds", "crds/worker_contract"],
    "controllers/model_service": RUNTIME + ["controllers/common", "controllers/autoscale", "crds",
                                            "crds/worker_contract"],
    "worker/config": CONTRACT,
    "worker/text": ["operator/base"],
    "worker/cpu": ["operator/base"],
    "worker/cuda": ["operator/base"],
    "worker/device": ["worker/cpu", "worker/cuda", "operator/base"],
    "worker/data/core": CONTRACT,
    "worker/data": ["worker/data/core", "worker/device", "worker/cpu"] + CONTRACT,
    # Architectures know no files: worker/model makes a Network of their layers.
    "worker/model/networks": CONTRACT,
    "worker/model": ["worker/model/networks", "worker/text", "worker/data", "worker/data/core", "worker/device", "worker/cpu"] + CONTRACT,
    "worker/dist": ["worker/device"] + CONTRACT,
    "worker/train/core": ["worker/data/core"] + CONTRACT,
    "worker/train/optimizer": CONTRACT,
    "worker/train": WORKER_LOW + ["worker/train/core", "worker/train/optimizer"] + NET,
    # The supervisor knows a rank by worker/train/rank.h alone; worker/train knows no supervisor.
    "worker/train/supervise": ["worker/train", "worker/train/core", "worker/config"] + NET + CONTRACT,
    "worker/serve/core": CONTRACT + ["operator/net/server"],
    "worker/serve": WORKER_LOW + ["worker/serve/core"] + NET,
    "worker": ["worker/config", "worker/train", "worker/train/core", "worker/train/supervise", "worker/serve", "worker/serve/core"] + CONTRACT,
}

# These decide; they open no socket, read no clock and start no thread: time is an argument. Of a controller that is all but its
# reconciler, which reads, writes and is woken, and what its threads share.
PURE = re.compile(r"^(operator/kube/core|crds|controllers/autoscale)/|^controllers/\w+/plan\.|"
                  r"^controllers/(training_job|model_service)/(?!(reconciler|load_board|progress_budget)\.)")
IMPURE_WORDS = re.compile(r"std::(jthread|thread|mutex)\b|\bsocket\(|system_clock::now|steady_clock::now|SystemClock|\bClock&|"
                          r"boost/asio|operator/(kube/client|net)/")

# What users write must never be words of a command line.
SHELL = re.compile(r'::system\(|\bpopen\(|\bexecl[pe]?\(|"(?:/bin/)?(?:ba)?sh"')

MAX_LINES = 500
SOURCES = (".h", ".cc", ".cu", ".py", ".go", ".sh")
ROOTS = ("operator/", "crds/", "controllers/", "worker/")
# What is ours counts in either form; of the others only the quoted are meant to be ours.
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<((?:operator|crds|controllers|worker|tests)/[^>]+)>)', re.M)


def folder_of(path):
    return str(pathlib.PurePosixPath(path).parent)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def listed(root):
    out = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"], check=True,
                         capture_output=True, text=True).stdout.split("\n")
    return [f for f in out if f]


def check_links(root, paths):
    for path in paths:
        if (pathlib.Path(root) / path).is_symlink():
            yield f"{path}:1: a symbolic link; archives and some checkouts lose it, and a chart with one installs nothing"


def check_arrows(path, text):
    folder = folder_of(path)
    if path.startswith(("tests/", "e2e/")):
        return
    for match in INCLUDE.finditer(text):
        included = match[1] or match[2]
        wrong = wrong_arrow(folder, included)
        if wrong:
            yield f"{path}:{line_of(text, match.start())}: {wrong}"


def wrong_arrow(folder, included):
    """What is wrong with an include of a file in `folder`, or None."""
    target = folder_of(included)
    if included.startswith("tests/"):
        return f"only tests may include {included}"
    if not included.startswith(ROOTS):
        return f'include "{included}" does not start at the root of the repository'
    if target == folder:
        return None
    if folder not in ARROWS:
        return f"folder {folder} has no arrows in cmake/lint.py; add a row"
    if target not in ARROWS:
        return f"includes {included}, but {target} has no row in cmake/lint.py"
    allowed = ARROWS[folder]
    if allowed is None:
        return f"the operator may not include the worker ({included})" if target.startswith("worker") else None
    return None if target in allowed else f"the arrow {folder} -> {target} does not exist ({included})"


def check_style(path, text):
    def at(offset, words):
        return f"{path}:{line_of(text, offset)}: {words}"

    lines = text.count("\n") + (not text.endswith("\n"))
    if lines > MAX_LINES:
        yield f"{path}:{MAX_LINES + 1}: {lines} lines; split it (a file has at most {MAX_LINES})"
    if path.endswith(".h") and not path.startswith("worker/dist/gloo_shim/"):
        if not re.search(r"^#pragma once$", text, re.M):
            yield at(0, "no #pragma once")
        elif not path.startswith("tests/") and "\n//" not in text.split("#include")[0]:
            yield at(0, "no opening paragraph (what it is, owner, threads, lifetime)")
    if PURE.match(path) and (found := IMPURE_WORDS.search(text)):
        yield at(found.start(), f"{found[0]} in a pure folder")
    if path.startswith(ROOTS) and (found := SHELL.search(text)):
        yield at(found.start(), f"{found[0]}: nothing of ours starts a shell")
    if path.startswith("tests/unit/") and path.endswith("_test.cc"):
        if found := re.search(r"sleep_for|usleep\(|[^_]sleep\(\d", text):
            yield at(found.start(), "a unit test that sleeps")
    if path.endswith((".h", ".cc", ".cu")) and (found := re.search(r"\b(TODO|FIXME|XXX)\b(?!\()", text)):
        yield at(found.start(), "a TODO without a reason: TODO(reason)")


def check_own_header_first(path, text, all_files):
    """That NAME.cc compiles shows that NAME.h needs nothing before it; headers_alone compiles only the others."""
    own = path[:-len(".cc")] + ".h"
    if path.startswith(ROOTS) and path.endswith(".cc") and own in all_files:
        first = re.search(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)', text, re.M)
        if not first or first[1] != own:
            yield f"{path}:1: its own header {own} must be included first"


def check_twins(path, all_files):
    """tests/unit/PATH/NAME_test.cc tests something of the folder PATH."""
    match = re.match(r"tests/unit/(.+)/([^/]+)_test\.cc$", path)
    if match and not any(f.startswith(match[1] + "/") for f in all_files):
        yield f"{path}:1: there is no folder {match[1]} that it could be the twin of"


def check_compiled(root, path):
    """A unit test that its folder's CMakeLists.txt does not name is never compiled, and never fails."""
    if re.match(r"tests/unit/.+_test\.cc$", path):
        lists = pathlib.Path(root) / folder_of(path) / "CMakeLists.txt"
        if lists.is_file() and pathlib.PurePosixPath(path).name not in re.split(r"[\s()]+", lists.read_text()):
            yield f"{path}:1: {folder_of(path)}/CMakeLists.txt does not name it, so that it never runs"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", default=str(pathlib.Path(__file__).resolve().parent.parent))
    root = parser.parse_args().root
    paths = listed(root)
    all_files, findings = [f for f in paths if (pathlib.Path(root) / f).is_file()], list(check_links(root, paths))
    for path in all_files:
        if not path.endswith(SOURCES) and path != "dev":
            continue
        text = (pathlib.Path(root) / path).read_text(errors="replace")
        if path.endswith((".h", ".cc", ".cu")):
            findings += check_arrows(path, text)
            findings += check_own_header_first(path, text, all_files)
        findings += check_style(path, text)
        findings += check_twins(path, all_files)
        findings += check_compiled(root, path)
    for finding in findings:
        print(finding)
    print(f"lint: {len(all_files)} files, {len(findings)} findings", file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
