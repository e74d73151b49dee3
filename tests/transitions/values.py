"""From a CRD's schema to the values that each field of its spec is to have: absent, other legal ones, the edges, and
some that the API server must refuse. Pure functions; crd_values.py judges each value once more."""
import collections
import copy
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "cmake" / "dev")]

from crd_values import faults  # noqa: E402

# A field and one value of it: `name` says which, `legal` what the schema alone says of it.
Value = collections.namedtuple("Value", "path name legal value")
ABSENT = object()
QUANTITIES = [1, "250m", "1.5", "64Mi", "1e3"]
TOO_LARGE = 2**63
# What stands for a string that has a form: (legal ones, of the greatest length).
FORMS = {
    r"uri$": (["s3://models/other/2", "file:///models/other"], "s3://models/"),
    r"endpoint$": (["http://store:7070", "https://store.example.com"], "http://"),
    r"digest$": (["sha256:" + "b" * 64], None),
    r"keys\[\]$": (["c" * 64, "d" * 64], None),
    r"managedBy$": (["kueue.x-k8s.io/multikueue", "cresset.dev/training-job-controller"], "acme.example/"),
    r"image$": (["localhost/other:2", "localhost/broken:1"], None),
}
PLAIN = (["other", "a-b.c9"], "")


def spec_schema(kind_file):
    crd = yaml.safe_load((ROOT / "helm/cresset/schemas" / kind_file).read_text())
    return crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]


def fields_of(schema, path=()):
    """(path, schema, required) of every field; the first item of a list is the step 0, a value of a map "*"."""
    for name, below in schema.get("properties", {}).items():
        yield (*path, name), below, name in schema.get("required", ())
        yield from fields_of(below, (*path, name))
        items, values = below.get("items"), below.get("additionalProperties")
        if items:
            yield from fields_of(items, (*path, name, 0)) if "properties" in items else [((*path, name, 0), items, True)]
        if values:
            yield (*path, name, "*"), values, True


def shown(path):
    text = ""
    for step in path:
        text += "[]" if step == 0 else "{}" if step == "*" else f".{step}" if text else step
    return text


def form(path):
    text = shown(path)
    return next((found for pattern, found in FORMS.items() if re.search(pattern, text)), PLAIN)


def text_values(schema, path):
    if "enum" in schema:
        yield from ((repr(one), one) for one in schema["enum"])
        return
    words, stem = form(path)
    yield from ((repr(one)[:30], one) for one in words)
    if stem is not None and "maxLength" in schema:
        yield "the longest", stem + "a" * (schema["maxLength"] - len(stem))
    yield "the shortest", (stem or "") + "a" * max(0, schema.get("minLength", 0) - len(stem or ""))


def number_values(schema):
    low, high = schema.get("minimum", -1000), schema.get("maximum", 1000)
    whole = schema["type"] == "integer"
    yield "the least", low
    yield "the most", high
    yield "in between", min(high, low + 2) if whole else (low + min(high, low + 1)) / 2
    if "default" in schema:
        yield "its default", schema["default"]


def some(schema, path, number=0):
    """A legal value, different for different numbers where that can be."""
    if "enum" in schema:
        return schema["enum"][number % len(schema["enum"])]
    if schema.get("x-kubernetes-int-or-string"):
        return QUANTITIES[number % len(QUANTITIES)]
    kind = schema.get("type")
    if kind == "string":
        words, stem = form(path)
        return words[number] if number < len(words) else f"{stem or ''}{'e' * 8}{number}"
    if kind in ("integer", "number"):
        return min(schema.get("maximum", 1000), schema.get("minimum", 0) + 1 + number)
    if kind == "boolean":
        return number % 2 == 0
    if kind == "array":
        return [some(schema["items"], (*path, 0), number)]
    if "additionalProperties" in schema:
        return {"a": some(schema["additionalProperties"], path, number)}
    return {name: some(schema["properties"][name], (*path, name), number) for name in schema.get("required", ())}


def list_values(schema, path):
    item_path = (*path[:-1], path[-1] + "[]")
    items = [some(schema["items"], item_path, number) for number in range(schema["maxItems"])]
    yield "empty", []
    yield "one item", items[:1]
    yield "two items", items[:2]
    yield "the same items the other way round", items[:2][::-1]
    yield "as many items as can be", items


def map_values(schema, path):
    many = {f"example.com/k{n}": some(schema["additionalProperties"], path, n) for n in range(schema["maxProperties"])}
    yield "empty", {}
    yield "one entry", {"a": some(schema["additionalProperties"], path)}
    yield "as many entries as can be", many


def candidates(schema, path):
    """(name, value) of what the schema may take."""
    kind = schema.get("type")
    if schema.get("x-kubernetes-int-or-string"):
        yield from ((repr(one), one) for one in QUANTITIES)
        yield "a quantity that explodes", "1e1000000000"
        yield "the longest exponent", "1e99"
        yield "a negative quantity", -1
    elif kind == "string":
        yield from text_values(schema, path)
    elif kind in ("integer", "number"):
        yield from number_values(schema)
    elif kind == "boolean":
        yield from (("true", True), ("false", False))
    elif kind == "array":
        yield from list_values(schema, path)
    elif "additionalProperties" in schema:
        yield from map_values(schema, path)
    elif kind == "object":
        yield "empty", {}
    if "default" in schema:
        yield "its default", schema["default"]


def mistakes(schema, path):
    """(name, value) of what it must refuse."""
    kind = schema.get("type")
    if kind == "object":
        yield "an unknown field", {"noSuchField": 1}
        yield "of another type", "text"
    elif kind == "array":
        yield "one item too many", [some(schema["items"], path, number) for number in range(schema["maxItems"] + 1)]
        yield "of another type", {}
        if schema.get("x-kubernetes-list-type") in ("set", "map"):
            yield "an item twice", [some(schema["items"], path)] * 2
    elif kind in ("integer", "number"):
        yield from ((f"beyond {edge}", schema[edge] + step) for edge, step in (("minimum", -1), ("maximum", 1)) if edge in schema)
        yield from (("beyond 64 bits", TOO_LARGE), ("below 64 bits", -TOO_LARGE - 1), ("of another type", "7"))
        if kind == "integer":
            yield "half of one", 1.5
    elif kind == "boolean":
        yield "of another type", "yes"
    elif "maxLength" in schema:
        yield "too long", (form(path)[1] or "") + "a" * (schema["maxLength"] + 1)
    if kind == "string" or schema.get("x-kubernetes-int-or-string"):
        yield "of another type", {}
        yield "of no form", "\u0000 \u00fc!"
    if "additionalProperties" in schema:
        yield "one entry too many", {f"k{n}": some(schema["additionalProperties"], path, n) for n in range(schema["maxProperties"] + 1)}


def values_of(path, schema, required):
    """All values of a field, each once; what schema and name do not agree upon is as the schema says."""
    seen = []
    if path[-1] not in ("*", 0):
        yield Value(path, "absent", not required, ABSENT)
        yield Value(path, "null", not required, None)
    for name, value in (*candidates(schema, path), *mistakes(schema, path)):
        if not any(value == other and type(value) is type(other) for other in seen):
            seen.append(value)
            yield Value(path, name, not list(faults(schema, value)), value)


def replaced(spec, path, value):
    """A copy in which the field has the value; what is above it must be there. "*" is the map's only entry."""
    changed = copy.deepcopy(spec)
    at = changed
    for step in path[:-1]:
        at = at[step]
    last = path[-1]
    if last == "*":
        last = next(iter(at), "a")
    if value is ABSENT:
        at.pop(last, None)
    else:
        at[last] = copy.deepcopy(value)
    return changed


def has(spec, path):
    """Whether what is above the field is there, or the item of a list itself."""
    for step in path[:-1]:
        try:
            spec = spec[step]
        except (KeyError, IndexError, TypeError):
            return False
    return isinstance(spec, list) and bool(spec) if path[-1] == 0 else isinstance(spec, dict)
