"""Rules for a CRD as a whole: each yields (path, what is wrong) and its name is the rule's."""
import re

CONDITION = {  # as metav1.Condition
    "type": {"type": "string", "maxLength": 316},
    "status": {"type": "string", "enum": ["True", "False", "Unknown"]},
    "reason": {"type": "string", "minLength": 1, "maxLength": 1024, "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"},
    "message": {"type": "string", "maxLength": 32768},
    "lastTransitionTime": {"type": "string", "format": "date-time"},
    "observedGeneration": {"type": "integer", "format": "int64", "minimum": 0},
}
REQUIRED_OF_CONDITION = {"type", "status", "reason", "message", "lastTransitionTime"}
COLUMN_TYPES = {"string": ("string",), "integer": ("integer",), "number": ("number", "integer"), "boolean": ("boolean",), "date": ("string",)}
MAX_SELECTABLE = 8


def schemas(crd):
    for version in crd["spec"]["versions"]:
        yield version, version["schema"]["openAPIV3Schema"]


def at(schema, json_path):
    """The schema at a JSON path like .status.state, or None."""
    for name in json_path.strip(".").split("."):
        schema = schema.get("properties", {}).get(name, {})
    return schema or None


def naming(crd):
    spec, names = crd["spec"], crd["spec"]["names"]
    kind = names["kind"]
    wanted = {"singular": kind.lower(), "listKind": kind + "List"}
    for key, value in wanted.items():
        if names.get(key) != value:
            yield "(names)", f"{key} must be {value}, found {names.get(key)}"
    if not re.fullmatch(r"[A-Z][a-zA-Z0-9]*", kind):
        yield "(names)", f"kind {kind} is not in CamelCase"
    if crd["metadata"]["name"] != f"{names['plural']}.{spec['group']}":
        yield "(names)", "metadata.name is not PLURAL.GROUP"
    for key in ("shortNames", "categories"):
        if not names.get(key):
            yield "(names)", f"needs {key}"
    if spec.get("scope") != "Namespaced":
        yield "(scope)", "must be Namespaced"


def versions(crd):
    found = crd["spec"]["versions"]
    if sum(bool(one.get("storage")) for one in found) != 1:
        yield "(versions)", "needs exactly one version that is stored"
    for one in found:
        if not re.fullmatch(r"v\d+((alpha|beta)\d+)?", one["name"]):
            yield "(versions)", f"{one['name']} is no version like v1, v1beta1 or v1alpha1"
    if crd["spec"].get("conversion", {}).get("strategy", "None") != "None":
        yield "(conversion)", "versions differ by optional fields only, so the strategy is None"
    if crd["spec"].get("preserveUnknownFields"):
        yield "(root)", "preserveUnknownFields switches pruning off"


def subresources(crd):
    for version, schema in schemas(crd):
        found = version.get("subresources", {})
        if "status" not in found:
            yield "(subresources)", "needs status"
        if (at(schema, ".status.observedGeneration") or {}).get("type") != "integer":
            yield "status.observedGeneration", "is missing, or no integer"
        scale = found.get("scale")
        if scale is None:
            yield "(subresources)", "needs scale"
            continue
        for key, kind, under in (("specReplicasPath", "integer", ".spec."), ("statusReplicasPath", "integer", ".status."),
                                 ("labelSelectorPath", "string", ".status.")):
            path = scale.get(key, "")
            if not path.startswith(under) or (at(schema, path) or {}).get("type") != kind:
                yield "(subresources)", f"scale.{key} must lead to a {kind} under {under[:-1]}, found {path or 'nothing'}"


def columns(crd):
    for version, schema in schemas(crd):
        found = version.get("additionalPrinterColumns", [])
        if not any(one["jsonPath"] == ".metadata.creationTimestamp" and one["name"] == "Age" for one in found):
            yield "(columns)", "needs Age"
        if not any(one["jsonPath"].startswith((".status.state", ".status.conditions")) for one in found):
            yield "(columns)", "needs one of the state or of a condition"
        if len({one["name"] for one in found}) != len(found):
            yield "(columns)", "two have one name"
        for one in found:
            yield from (("(columns)", f"{one['name']}: {words}") for words in column_faults(schema, one))


def column_faults(schema, column):
    if not column.get("description"):
        yield "needs a description"
    path = column["jsonPath"]
    if path.startswith(".metadata.") or "[" in path:
        return
    field = at(schema, path)
    if field is None:
        yield f"{path} is no field"
    elif field.get("type") not in COLUMN_TYPES.get(column["type"], ()):
        yield f"is a {column['type']}, but {path} is a {field.get('type')}"
    elif (column["type"] == "date") != (field.get("format") == "date-time"):
        yield f"a date-time must be shown as a date, found {column['type']} for {path}"


def conditions(crd):
    for _, schema in schemas(crd):
        found = at(schema, ".status.conditions")
        if found is None:
            yield "status.conditions", "is missing"
            continue
        if found.get("x-kubernetes-list-type") != "map" or found.get("x-kubernetes-list-map-keys") != ["type"]:
            yield "status.conditions", "must be a map with the key type"
        items = found.get("items", {})
        for name, wanted in CONDITION.items():
            field = items.get("properties", {}).get(name)
            field = field if isinstance(field, dict) else {}
            for key, value in wanted.items():
                if field.get(key) != value:
                    yield f"status.conditions[].{name}", f"{key} must be {value}, found {field.get(key)}"
        if missing := sorted(REQUIRED_OF_CONDITION - set(items.get("required", ()))):
            yield "status.conditions[]", f"must require {', '.join(missing)}"


def selectable(crd):
    for version, schema in schemas(crd):
        found = version.get("selectableFields", [])
        if len(found) > MAX_SELECTABLE:
            yield "(selectableFields)", f"has {len(found)}; at most {MAX_SELECTABLE} are allowed"
        for one in found:
            if (at(schema, one["jsonPath"]) or {}).get("type") not in ("string", "boolean", "integer"):
                yield "(selectableFields)", f"{one['jsonPath']} is no string, boolean or integer"


KIND_RULES = (naming, versions, subresources, columns, conditions, selectable)
