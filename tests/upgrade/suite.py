#!/usr/bin/env python3
"""Keeps the state that this build leaves behind, for the releases to come: `./dev keep-state NAME`, at each tag.

It lands in tests/upgrade/states/NAME.tar.xz, and from then on tests/upgrade/upgrade_test.py holds every later operator to
changing nothing of it."""
import argparse
import pathlib
import re
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2])]

from tests.support.cluster import ROOT  # noqa: E402
from tests.upgrade.state import STATES, keep  # noqa: E402


def release(text):
    if not re.fullmatch(r"v\d+\.\d+\.\d+(-[a-z0-9.]+)?", text):
        raise argparse.ArgumentTypeError(f"the name is '{text}'; allowed is a version such as v0.1.0 or v0.2.0-rc.1")
    return text


def main():
    parser = argparse.ArgumentParser(prog="./dev keep-state", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", type=release, help="the release, v1.2.3")
    target = STATES / f"{parser.parse_args().name}.tar.xz"
    keep(target, [path.read_text() for path in sorted((ROOT / "helm/cresset/schemas").glob("*.yaml"))],
         lambda words: print(words, file=sys.stderr, flush=True))
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
