#!/usr/bin/env python3
"""What a CustomResourceDefinition of ours must keep, beyond what an API server asks: `./dev lint`.

Usage: crd_check.py [--exceptions FILE] [FILE...]     all of helm/cresset/schemas/*.yaml, crd_exceptions.txt beside this file

Prints FILE:LINE: KIND PATH [RULE] WHAT for each finding and exits 1 if there is any. The rules are in crd_rules.py
(one schema at a time) and crd_kind_rules.py (the kind as a whole). An exception is a line KIND PATH RULE REASON; one
that excuses nothing is a finding too. What CEL rules cost is not estimated here: a real API server takes the kinds in
tests/integration, and refuses what costs too much.
"""
import argparse
import collections
import dataclasses
import pathlib
import sys

import yaml

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent)]

from crd_kind_rules import KIND_RULES  # noqa: E402
from crd_rules import RULES  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
# The API server's own, with descriptions of its own.
SERVERS_OWN = ("apiVersion", "kind", "metadata")
Finding = collections.namedtuple("Finding", "file line kind path rule words")
Excuse = collections.namedtuple("Excuse", "line kind path rule")


class Mapping(dict):
    """A YAML mapping that knows where it stands and which of its keys stand there twice."""
    line, twice = 0, ()


class Loader(yaml.SafeLoader):
    def mapping(self, node):
        found = Mapping(self.construct_mapping(node, deep=True))
        found.line = node.start_mark.line + 1
        keys = collections.Counter(key.value for key, _ in node.value)
        found.twice = tuple(key for key, times in keys.items() if times > 1)
        return found


Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, Loader.mapping)


@dataclasses.dataclass
class Node:
    """One schema: of a field, of the items of a list ("[]" ends its path) or of the values of a map ("{}")."""
    path: str
    schema: dict
    name: str = ""       # of a field
    required: bool = False
    parent: "Node" = None

    def up(self):
        node = self
        while node:
            yield node
            node = node.parent


def walk(node):
    """The node and all that is below it."""
    yield node
    schema = node.schema
    for name, below in schema.get("properties", {}).items():
        if node.parent is None and name in SERVERS_OWN or not isinstance(below, dict):
            continue
        path = f"{node.path}.{name}" if node.path else name
        yield from walk(Node(path, below, name, name in schema.get("required", ()), node))
    if isinstance(schema.get("items"), dict):
        yield from walk(Node(node.path + "[]", schema["items"], parent=node))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from walk(Node(node.path + "{}", schema["additionalProperties"], parent=node))


def findings_of(file, crd):
    kind = crd["spec"]["names"]["kind"]
    for rule in KIND_RULES:
        for path, words in rule(crd):
            yield Finding(file, crd.line, kind, path, rule.__name__, words)
    for version in crd["spec"]["versions"]:
        for node in walk(Node("", version["schema"]["openAPIV3Schema"])):
            for rule in RULES:
                for words in rule(node):
                    yield Finding(file, node.schema.line, kind, node.path or "(root)", rule.__name__, words)


def read_exceptions(path):
    """The excuses, and findings about the file itself."""
    excuses, wrong = [], []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        words = line.split(maxsplit=3)
        if not words or line.startswith("#"):
            continue
        if len(words) < 4:
            wrong.append(f"{path.name}:{number}: an exception is KIND PATH RULE REASON, found {line!r}")
        else:
            excuses.append(Excuse(number, *words[:3]))
    return excuses, wrong


def check(files, exceptions):
    """All findings as lines."""
    excuses, lines = read_exceptions(exceptions)
    used = set()
    for file in files:
        for found in findings_of(file, yaml.load(file.read_text(), Loader)):
            excused = [one for one in excuses if one[1:] == (found.kind, found.path, found.rule)]
            used.update(excused)
            if not excused:
                shown = file.relative_to(HERE.parents[1]) if file.is_relative_to(HERE.parents[1]) else file
                lines.append(f"{shown}:{found.line}: {found.kind} {found.path} [{found.rule}] {found.words}")
    lines += [f"{exceptions.name}:{one.line}: {one.kind} {one.path} [{one.rule}] is not needed (any more)"
              for one in excuses if one not in used]
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    parser.add_argument("--exceptions", type=pathlib.Path, default=HERE / "crd_exceptions.txt")
    options = parser.parse_args()
    files = options.files or sorted((HERE.parents[1] / "helm/cresset/schemas").glob("*.yaml"))
    lines = check(files, options.exceptions)
    print("\n".join(lines) + "\n" * bool(lines), end="")
    print(f"crd_check: {len(files)} kinds, {len(RULES) + len(KIND_RULES)} rules, {len(lines)} findings", file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
