"""Does a value fit a structural schema? As an API server judges it, but for CEL and formats. Pure functions."""
import re

PYTHON = {"object": dict, "array": list, "string": str, "boolean": bool}


def is_of(kind, value):
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, PYTHON[kind])


def faults(schema, value, path="it"):
    """What is wrong with the value, in words."""
    kinds = ["integer", "string"] if schema.get("x-kubernetes-int-or-string") else [schema.get("type")]
    if kinds != [None] and not any(is_of(kind, value) for kind in kinds):
        yield f"{path} is no {' or '.join(kinds)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path} is {value!r}, not one of {schema['enum']}"
    if isinstance(value, str):
        yield from length(schema, value, path, "Length")
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{path} does not match {schema['pattern']}"
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from size(schema, value, path)
    elif isinstance(value, list):
        yield from items(schema, value, path)
    elif isinstance(value, dict):
        yield from fields(schema, value, path)


def length(schema, value, path, what):
    if len(value) < schema.get("min" + what, 0):
        yield f"{path} is below min{what}"
    if len(value) > schema.get("max" + what, len(value)):
        yield f"{path} is above max{what}"


def size(schema, value, path):
    low, high = schema.get("minimum", value), schema.get("maximum", value)
    if value < low or (value == low and schema.get("exclusiveMinimum") and "minimum" in schema):
        yield f"{path} is below the minimum"
    if value > high or (value == high and schema.get("exclusiveMaximum") and "maximum" in schema):
        yield f"{path} is above the maximum"


def items(schema, value, path):
    yield from length(schema, value, path, "Items")
    kind, seen = schema.get("x-kubernetes-list-type"), []
    for index, item in enumerate(value):
        yield from faults(schema.get("items", {}), item, f"{path}[{index}]")
        key = [item.get(name) for name in schema.get("x-kubernetes-list-map-keys", ())] if kind == "map" and isinstance(item, dict) else item
        if kind in ("set", "map") and key in seen:
            yield f"{path}[{index}] is there twice"
        seen.append(key)


def fields(schema, value, path):
    yield from length(schema, value, path, "Properties")
    known, rest = schema.get("properties", {}), schema.get("additionalProperties")
    filled = {name: below["default"] for name, below in known.items() if "default" in below} | value
    yield from (f"{path} lacks {name}" for name in schema.get("required", ()) if name not in filled)
    for name, inner in value.items():
        below = known.get(name, rest)
        if below is not None:
            yield from faults(below, inner, f"{path}.{name}")
        elif not schema.get("x-kubernetes-preserve-unknown-fields"):
            yield f"{path}.{name} is no field"
