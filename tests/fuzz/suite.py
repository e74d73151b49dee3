#!/usr/bin/env python3
"""libFuzzer over every target of tests/fuzz: `./dev fuzz [TARGET...] [--runs N] [--seconds N] [--seed N] [--sanitized | --planted]`.

A target starts from a copy of its corpus, with the words of the corpus as its dictionary, and makes --runs runs (10 million;
under ASan and UBSan a hundredth) or as many as fit into --seconds. --planted builds each target with a bug in one rare case, which
the corpus does not show and the fuzzer has to find. Prints runs, speed and coverage (edges and features, as libFuzzer counts
them), writes build/fuzz.json, and fails when anything was found that was not planted, or the planted bug was not. What was found lies in
build/fuzz/work/MODE/TARGET."""
import argparse
import collections
import json
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "fuzz"
RUNS = {"fast": 10_000_000, "sanitized": 100_000, "planted": 5_000_000}
WORDS = re.compile(rb"[A-Za-z0-9][A-Za-z0-9./:_-]{1,62}")

Outcome = collections.namedtuple("Outcome", "runs seconds runs_per_second edges of_edges features corpus")


def targets():
    return sorted(path.name.removesuffix("_fuzz.cc") for path in HERE.glob("*_fuzz.cc"))


def longest(target):
    """What the target itself says of its inputs."""
    return int(re.search(r"constexpr size_t kLongest = (\d+);", (HERE / f"{target}_fuzz.cc").read_text())[1])


def dictionary(corpus):
    words = {word for path in corpus.iterdir() for word in WORDS.findall(path.read_bytes())}
    return "".join(f'"{word.decode()}"\n' for word in sorted(words))


def outcome(output):
    """What libFuzzer tells of a run, whether it found something or not."""
    def last(pattern, otherwise=0):
        found = re.findall(pattern, output, re.M)
        return int(found[-1]) if found else otherwise
    runs, seconds = last(r"^stat::number_of_executed_units:\s*(\d+)"), last(r"^Done \d+ runs in (\d+) second")
    return Outcome(runs, seconds, last(r"^stat::average_exec_per_sec:\s*(\d+)"), last(r"\bcov: (\d+)"),
                   last(r"\((\d+) inline 8-bit counters\)"), last(r"\bft: (\d+)"), last(r"\bcorp: (\d+)/"))


class Fuzzer:
    def __init__(self, mode, options):
        self.mode, self.options = mode, options
        self.build = ROOT / "build" / ("fuzz-asan" if mode == "sanitized" else "fuzz")
        self.work = ROOT / "build" / "fuzz" / "work" / mode

    def make(self, names):
        kinds = ["fuzz", "planted"] if self.mode == "planted" else ["fuzz"]
        binaries = [f"{name}_{kind}" for name in names for kind in kinds]
        subprocess.run(["ninja", "-C", self.build, "-j", str(self.options.jobs), *binaries], stdout=sys.stderr, check=True)

    def binary(self, name, kind):
        return self.build / "tests" / "fuzz" / f"{name}_{kind}"

    def run(self, name):
        """(its row, what is wrong or None)"""
        folder = self.work / name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(HERE / "corpus" / name, folder / "corpus")
        (folder / "words").write_text(dictionary(folder / "corpus"))
        kind = "planted" if self.mode == "planted" else "fuzz"
        if kind == "planted" and self.replay(name, kind, sorted((folder / "corpus").iterdir())):
            return {}, "the corpus shows the planted bug by itself"
        code, output = self.fuzz(name, kind, folder)
        (folder / "log").write_text(output)
        row = outcome(output)._asdict() | {"seed": self.options.seed, "longest": longest(name), "found": code != 0}
        return row, self.wrong(name, folder, row)

    def fuzz(self, name, kind, folder):
        limits = [f"-runs={self.options.runs or RUNS[self.mode]}", f"-max_len={longest(name)}"]
        if self.options.seconds:
            limits.append(f"-max_total_time={self.options.seconds}")
        done = subprocess.run([self.binary(name, kind), *limits, f"-seed={self.options.seed}", "-print_final_stats=1", "-timeout=20",
                               f"-dict={folder / 'words'}", f"-artifact_prefix={folder}/", folder / "corpus"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
        return done.returncode, done.stderr

    def replay(self, name, kind, inputs):
        """The exit code of the target over these inputs."""
        return subprocess.run([self.binary(name, kind), *inputs], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode

    def wrong(self, name, folder, row):
        crashes = sorted(folder.glob("crash-*"))
        if self.mode != "planted":
            return f"found something; see {folder}" if row["found"] else None
        if not crashes:
            return "the planted bug was not found"
        return "found more than what was planted" if self.replay(name, "fuzz", crashes) else None


def keep(mode, rows, path):
    """Rows of other modes and targets stay as they are."""
    all_rows = json.loads(path.read_text()) if path.exists() else {}
    all_rows.setdefault(mode, {}).update(rows)
    path.write_text(json.dumps(all_rows, indent=1, sort_keys=True) + "\n")


def parsed():
    parser = argparse.ArgumentParser(prog="./dev fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(targets())}; none: all")
    parser.add_argument("--runs", type=int, help=f"of each target: {RUNS}")
    parser.add_argument("--seconds", type=int, help="of each target, at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="of the build")
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--sanitized", dest="mode", action="store_const", const="sanitized", default="fast")
    modes.add_argument("--planted", dest="mode", action="store_const", const="planted")
    options = parser.parse_args()
    unknown = [name for name in options.targets if name not in targets()]
    if unknown:
        parser.error(f"there is no target {', '.join(unknown)}; allowed are: {', '.join(targets())}")
    return options


def main():
    options = parsed()
    names = options.targets or targets()
    fuzzer = Fuzzer(options.mode, options)
    fuzzer.make(names)
    failed = 0
    for name in names:
        row, wrong = fuzzer.run(name)
        if row:
            keep(options.mode, {name: row}, ROOT / "build" / "fuzz.json")
            print(f"{name:14} {options.mode}: {row['runs']:>10,} runs, {row['runs_per_second']:>7,}/s, cov {row['edges']} of "
                  f"{row['of_edges']}, ft {row['features']}, {'found' if row['found'] else 'nothing found'}", flush=True)
        if wrong:
            failed += 1
            print(f"{name}: {wrong}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
