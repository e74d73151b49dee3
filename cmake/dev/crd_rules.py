"""Rules for one schema (crd_check.Node) of a CRD: each yields what is wrong with it, in words; its name is the rule's.

They are those of the API conventions and of kube-api-linter that can be seen in a schema which is written by hand."""
import re

from crd_values import faults

KEYWORDS = {"type", "description", "properties", "required", "items", "additionalProperties", "default", "enum", "format",
            "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
            "multipleOf", "minItems", "maxItems", "minProperties", "maxProperties", "nullable", "title", "example",
            "anyOf", "allOf", "oneOf", "not", "x-kubernetes-validations", "x-kubernetes-list-type",
            "x-kubernetes-list-map-keys", "x-kubernetes-map-type", "x-kubernetes-int-or-string",
            "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"}
TYPES = ("object", "array", "string", "integer", "number", "boolean")
SCALARS = ("string", "integer", "number", "boolean")
# What bounds the length of a string by itself.
SHORT_FORMATS = ("date-time", "date", "uuid", "ipv4", "ipv6", "mac")
WIDTHS = {"int32": 2**31 - 1, "int64": 2**53 - 1}
REASONS = ("FieldValueInvalid", "FieldValueForbidden", "FieldValueRequired", "FieldValueDuplicate")
MAX_MESSAGE = 2048
STRUCTURE = ("type", "default", "description", "nullable", "additionalProperties")


def of_type(node, *types):
    return node.schema.get("type") in types


def is_int_or_string(node):
    return node.schema.get("x-kubernetes-int-or-string") is True


def keywords(node):
    for key in node.schema:
        if key not in KEYWORDS:
            yield f"{key!r} is no keyword of a schema (a comma in a description needs quotes)"
    for key in getattr(node.schema, "twice", ()):
        yield f"{key!r} is there twice, the first is lost"
    for name, below in node.schema.get("properties", {}).items():
        if not isinstance(below, dict):
            yield f"its field {name!r} has no schema"


def type_given(node):
    if is_int_or_string(node):
        if "type" in node.schema:
            yield "has a type beside x-kubernetes-int-or-string"
    elif node.schema.get("type") not in TYPES:
        yield f"needs a type out of {', '.join(TYPES)}"


def description(node):
    text = node.schema.get("description")
    if (node.name or not node.path) and not (isinstance(text, str) and len(text.strip()) >= 3):
        yield "needs a description"


def bounds(node):
    schema, missing = node.schema, []
    if of_type(node, "array"):
        missing = ["maxItems"]
    elif of_type(node, "object") and ("additionalProperties" in schema or "x-kubernetes-preserve-unknown-fields" in schema):
        missing = ["maxProperties"]
    elif is_int_or_string(node) or of_type(node, "string") and "enum" not in schema and schema.get("format") not in SHORT_FORMATS:
        missing = ["maxLength"]
    elif of_type(node, "integer", "number") and "enum" not in schema:
        missing = ["minimum", "maximum"]
    for key in missing:
        if key not in schema:
            yield f"needs {key}"
    for low, high in (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties")):
        if low in schema and high in schema and schema[low] > schema[high]:
            yield f"{low} is above {high}"


def integer_format(node):
    if not of_type(node, "integer"):
        return
    width = WIDTHS.get(node.schema.get("format"))
    if width is None:
        yield "needs a format, int32 or int64"
        return
    for key in ("minimum", "maximum"):
        if abs(node.schema.get(key, 0)) > width:
            yield f"{key} is beyond {width}, the most of an {node.schema['format']} that JSON keeps exactly"


def list_type(node):
    """How server-side apply merges it: as a map by keys, as a set of scalars, or as a whole."""
    schema = node.schema
    if not of_type(node, "array"):
        return
    items, kind = schema.get("items"), schema.get("x-kubernetes-list-type")
    if not isinstance(items, dict):
        yield "needs one schema of its items"
        return
    if kind not in ("atomic", "set", "map"):
        yield "needs x-kubernetes-list-type: map, set or atomic"
    elif kind == "set" and items.get("type") not in SCALARS:
        yield "is a set of what is no scalar"
    elif kind == "map":
        yield from list_keys(schema, items)
    elif kind == "atomic" and {"name", "type"} & set(items.get("required", ())):
        yield "its items have names, so it must be a map with these as keys"


def list_keys(schema, items):
    keys = schema.get("x-kubernetes-list-map-keys")
    if not keys:
        yield "needs x-kubernetes-list-map-keys"
    for key in keys or ():
        field = items.get("properties", {}).get(key)
        if field is None or field.get("type") not in SCALARS:
            yield f"its key {key!r} is no scalar field of its items"
        elif key not in items.get("required", ()) and "default" not in field:
            yield f"its key {key!r} is neither required nor has it a default"


def default_on_required(node):
    if node.required and "default" in node.schema:
        yield "is required and has a default, which never counts"


def default_is_valid(node):
    if "default" in node.schema:
        yield from (f"its default: {words}" for words in faults(node.schema, node.schema["default"]))


def required_is_known(node):
    for name in node.schema.get("required", ()):
        if name not in node.schema.get("properties", {}):
            yield f"requires {name!r}, which is no field of it"


def required_is_not_empty(node):
    if node.required and of_type(node, "string") and not {"enum", "format", "pattern"} & set(node.schema) \
            and node.schema.get("minLength", 0) < 1:
        yield 'is required and may be "": needs minLength, pattern or enum'


def no_float(node):
    if of_type(node, "number"):
        yield "is a floating-point number; use an integer of a smaller unit or a quantity"


def no_null(node):
    if "nullable" in node.schema:
        yield "is nullable; leave the field out instead"


def no_flag(node):
    if of_type(node, "boolean"):
        yield "is a boolean, which cannot grow a third value; use an enum"


def no_map(node):
    values = node.schema.get("additionalProperties")
    if values is not None and (not isinstance(values, dict) or values.get("type") != "string"):
        yield "is a map of something else than strings; use a list with keys"


def no_duration(node):
    if node.schema.get("format") in ("duration", "datetime"):
        yield "is a duration as text; use an integer with the unit in its name"
    if re.search(r"(Seconds|Milliseconds|Microseconds|Minutes|Hours|Days|Bytes)$", node.name) and not of_type(node, "integer"):
        yield "has a unit in its name and is no integer"


def no_phase(node):
    if node.name == "phase":
        yield "is a phase; use conditions"


def no_timestamp(node):
    if re.search("timestamp", node.name, re.I):
        yield "is called a timestamp; call it ...Time"
    if node.name.endswith("Time") and node.schema.get("format") != "date-time":
        yield "is called a time and is no date-time"


def no_reference(node):
    if re.search(r"[rR]eferences?$", node.name):
        yield "is called a reference; call it ...Ref or ...Refs"
    if node.path.startswith("spec") and re.search(r"(^n|N)amespaces?$", node.name):
        yield "names a namespace; nothing of ours reaches into another one"


def field_name(node):
    if node.name and not re.fullmatch(r"[a-z][a-zA-Z0-9]*", node.name):
        yield "is not in camelCase"


def enum_values(node):
    values = node.schema.get("enum", ())
    for value in values:
        if of_type(node, "string") and not re.fullmatch(r"[A-Z][a-zA-Z0-9]*", str(value)):
            yield f"its value {value!r} is not in CamelCase"
    if len(set(map(str, values))) != len(values):
        yield "has a value twice"


def structural(node):
    schema = node.schema
    if schema.get("additionalProperties") in (True, False):
        yield "additionalProperties must be a schema"
    if "additionalProperties" in schema and "properties" in schema:
        yield "has both properties and additionalProperties"
    allowed = [{"type": "integer"}, {"type": "string"}] if is_int_or_string(node) else None
    for junctor in ("anyOf", "allOf", "oneOf", "not"):
        if junctor in schema and not (junctor == "anyOf" and schema[junctor] == allowed):
            yield from (f"{junctor} sets {key}" for key in sorted(keys_inside(schema[junctor]) & set(STRUCTURE)))


def keys_inside(value):
    if isinstance(value, list):
        return set().union(*map(keys_inside, value))
    if isinstance(value, dict):
        return set(value).union(*map(keys_inside, value.values()))
    return set()


def keeps_unknown(node):
    if "x-kubernetes-preserve-unknown-fields" in node.schema or "x-kubernetes-embedded-resource" in node.schema:
        yield "keeps fields that it does not know"


def cel(node):
    for number, one in enumerate(node.schema.get("x-kubernetes-validations", ())):
        for words in cel_faults(node, one):
            yield f"rule {number} ({str(one.get('rule'))[:40]}): {words}"


def cel_faults(node, one):
    message, field = one.get("message", ""), one.get("fieldPath")
    if not one.get("rule"):
        yield "has no rule"
    if not message or "\n" in message or len(message) > MAX_MESSAGE:
        yield f"needs a message of one line and at most {MAX_MESSAGE} bytes, beside a messageExpression too"
    if one.get("reason") not in REASONS:
        yield f"needs a reason out of {', '.join(REASONS)}"
    named = re.match(r"(?:spec|status)(?:\.\w+)*", message)
    below = named and (named[0].removeprefix(node.path) if node.path else "." + named[0])
    if below and below != named[0] and below.startswith(".") and field != below:
        yield f"its message names {named[0]}: fieldPath must be {below}"
    if field and not field_exists(node.schema, field):
        yield f"its fieldPath {field} is no field here"
    if "oldSelf" in str(one.get("rule")) and not is_correlatable(node):
        yield "compares with oldSelf below a list that is no map, where old and new cannot be matched"
    yield from (f"{key!r} is no keyword of a rule" for key in one if key not in
                ("rule", "message", "messageExpression", "reason", "fieldPath", "optionalOldSelf"))


def field_exists(schema, path):
    for name in path.strip(".").split("."):
        schema = schema.get("properties", {}).get(name)
        if schema is None:
            return False
    return path.startswith(".")


def is_correlatable(node):
    lists = [above.schema for above in node.up() if above is not node and above.schema.get("type") == "array"]
    return all(one.get("x-kubernetes-list-type") == "map" for one in lists)


RULES = (keywords, type_given, description, bounds, integer_format, list_type, default_on_required, default_is_valid,
         required_is_known, required_is_not_empty, no_float, no_null, no_flag, no_map, no_duration, no_phase,
         no_timestamp, no_reference, field_name, enum_values, structural, keeps_unknown, cel)
