"""crd_check.py on a small kind: it passes, each kind of mistake is found by name, and an exception excuses one finding
for as long as it is needed."""
import copy
import pathlib
import re
import subprocess
import sys

import pytest
import yaml

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]

import crd_check  # noqa: E402

GOOD = yaml.safe_load("""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boats.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Boat, listKind: BoatList, plural: boats, singular: boat, shortNames: [bt], categories: [all]}
  versions:
    - name: v1alpha1
      served: true
      storage: true
      subresources: {status: {}, scale: {specReplicasPath: .spec.crew, statusReplicasPath: .status.crew, labelSelectorPath: .status.selector}}
      selectableFields: [{jsonPath: .spec.home}]
      additionalPrinterColumns:
        - {name: State, type: string, jsonPath: .status.state, description: One word.}
        - {name: Sailed, type: date, jsonPath: .status.startTime, description: When it left.}
        - {name: Age, type: date, jsonPath: .metadata.creationTimestamp, description: Since it was made.}
      schema:
        openAPIV3Schema:
          type: object
          description: A boat.
          properties:
            apiVersion: {type: string}
            kind: {type: string}
            metadata: {type: object}
            spec:
              type: object
              description: What it is.
              required: [home]
              x-kubernetes-validations:
                - {rule: self.home == oldSelf.home, message: spec.home cannot be changed, reason: FieldValueForbidden, fieldPath: .home}
              properties:
                home: {type: string, description: Its harbour., minLength: 1, maxLength: 63}
                crew: {type: integer, format: int32, description: People on it., minimum: 0, maximum: 40, default: 1}
                rig: {type: string, description: How it sails., enum: [Sloop, Ketch], default: Sloop}
                ports: {type: array, description: Where it calls., maxItems: 9, x-kubernetes-list-type: set, items: {type: string, maxLength: 63}}
                marks: {type: object, description: What is painted on it., maxProperties: 9, additionalProperties: {type: string, maxLength: 63}}
                fuel: {x-kubernetes-int-or-string: true, description: A quantity., maxLength: 32, anyOf: [{type: integer}, {type: string}]}
                masts:
                  type: array
                  description: From bow to stern.
                  maxItems: 4
                  x-kubernetes-list-type: map
                  x-kubernetes-list-map-keys: [name]
                  items:
                    type: object
                    required: [name]
                    properties:
                      name: {type: string, description: Its name., minLength: 1, maxLength: 63}
            status:
              type: object
              description: How it is.
              properties:
                conditions:
                  type: array
                  description: Afloat.
                  maxItems: 8
                  x-kubernetes-list-type: map
                  x-kubernetes-list-map-keys: [type]
                  items:
                    type: object
                    required: [type, status, reason, message, lastTransitionTime]
                    properties:
                      type: {type: string, description: Name., minLength: 1, maxLength: 316}
                      status: {type: string, description: Whether., enum: ["True", "False", Unknown]}
                      reason: {type: string, description: Why., minLength: 1, maxLength: 1024, pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$'}
                      message: {type: string, description: Why in words., minLength: 0, maxLength: 32768}
                      lastTransitionTime: {type: string, format: date-time, description: Since when.}
                      observedGeneration: {type: integer, format: int64, description: Of what., minimum: 0, maximum: 9007199254740991}
                state: {type: string, description: One word., maxLength: 16}
                selector: {type: string, description: Of the crew., maxLength: 63}
                startTime: {type: string, format: date-time, description: When it left.}
                crew: {type: integer, format: int32, description: People on it., minimum: 0, maximum: 40}
                observedGeneration: {type: integer, format: int64, description: Newest., minimum: 0, maximum: 9007199254740991}
""")
MESSAGE = "Boat status.conditions[].message required_is_not_empty as in metav1.Condition\n"


VERSION = "spec/versions/0"
SPEC = VERSION + "/schema/openAPIV3Schema/properties/spec"
STATUS = VERSION + "/schema/openAPIV3Schema/properties/status"


@pytest.fixture
def check(tmp_path):
    """check(CRD, EXCEPTIONS): the findings, without file and line."""

    def run(crd, exceptions=MESSAGE):
        file, excuses = tmp_path / "boat.yaml", tmp_path / "exceptions.txt"
        file.write_text(crd if isinstance(crd, str) else yaml.safe_dump(crd, sort_keys=False))
        excuses.write_text(exceptions)
        return [re.sub(r"^\S+:\d+: ", "", line) for line in crd_check.check([file], excuses)]

    return run


def tool(*args):
    return subprocess.run([sys.executable, HERE / "crd_check.py", *args], capture_output=True, text=True, check=False)


def named(keys):
    return {key.replace("_", "-") if key.startswith("x_") else key: value for key, value in keys.items()}


def changed(path, **keys):
    """A copy of GOOD in which what is at the path has these keys; None takes one away."""
    at = crd = copy.deepcopy(GOOD)
    for name in path.split("/"):
        at = at[int(name) if isinstance(at, list) else name]
    for key, value in named(keys).items():
        at.pop(key, None)
        if value is not None:
            at[key] = value
    return crd


def field(name, **keys):
    return changed(f"{SPEC}/properties/{name}", **keys)


def status(name, **keys):
    return changed(f"{STATUS}/properties/{name}", **keys)


def rule(**keys):
    return changed(SPEC + "/x-kubernetes-validations/0", **keys)


def version(**keys):
    return changed(VERSION, **keys)


def column(number, **keys):
    return changed(f"{VERSION}/additionalPrinterColumns/{number}", **keys)


def new_field(name, **schema):
    return changed(SPEC + "/properties", **{name: {"description": "New.", **named(schema)}})


NUMBER = {"type": "integer", "format": "int32", "minimum": 0, "maximum": 9}
COLUMNS = GOOD["spec"]["versions"][0]["additionalPrinterColumns"]
BEFORE = {"rule": "self == oldSelf", "message": "no", "reason": "FieldValueForbidden"}

MISTAKES = [
    # A schema by itself.
    ("type_given", "spec.home needs a type", field("home", type=None)),
    ("type_given", "spec.fuel has a type beside", field("fuel", type="string")),
    ("description", "spec.home needs a description", field("home", description=None)),
    ("keywords", "'or so' is no keyword", field("home", **{"or so": "x"})),
    ("keywords", "'deck' has no schema", changed(SPEC + "/properties", deck="string")),
    ("bounds", "spec.home needs maxLength", field("home", maxLength=None)),
    ("bounds", "spec.fuel needs maxLength", field("fuel", maxLength=None)),
    ("bounds", "spec.ports needs maxItems", field("ports", maxItems=None)),
    ("bounds", "spec.ports[] needs maxLength", field("ports/items", maxLength=None)),
    ("bounds", "spec.marks needs maxProperties", field("marks", maxProperties=None)),
    ("bounds", "spec.marks{} needs maxLength", field("marks/additionalProperties", maxLength=None)),
    ("bounds", "spec.crew needs minimum", field("crew", minimum=None)),
    ("bounds", "spec.crew needs maximum", field("crew", maximum=None)),
    ("bounds", "minLength is above maxLength", field("home", minLength=64)),
    ("integer_format", "needs a format", field("crew", format=None)),
    ("integer_format", "maximum is beyond", field("crew", maximum=2**31)),
    ("list_type", "needs x-kubernetes-list-type", field("ports", x_kubernetes_list_type=None)),
    ("list_type", "is a set of what is no scalar", field("masts", x_kubernetes_list_type="set")),
    ("list_type", "needs x-kubernetes-list-map-keys", field("masts", x_kubernetes_list_map_keys=None)),
    ("list_type", "'height' is no scalar field", field("masts", x_kubernetes_list_map_keys=["height"])),
    ("list_type", "'name' is neither required", field("masts/items", required=None)),
    ("list_type", "must be a map", field("masts", x_kubernetes_list_type="atomic", x_kubernetes_list_map_keys=None)),
    ("default_on_required", "spec.home is required and has a default", field("home", default="Kiel")),
    ("default_is_valid", "above the maximum", field("crew", default=41)),
    ("default_is_valid", "is no integer", field("crew", default="one")),
    ("default_is_valid", "not one of", field("rig", default="Raft")),
    ("default_is_valid", "it.colour is no field", changed(STATUS, default={"colour": "red"})),
    ("default_is_valid", "it[0] lacks name", field("masts", default=[{}])),
    ("default_is_valid", "it[1] is there twice", field("ports", default=["Kiel", "Kiel"])),
    ("required_is_known", "requires 'keel'", changed(SPEC, required=["home", "keel"])),
    ("required_is_not_empty", 'may be ""', field("home", minLength=None)),
    ("no_float", "floating-point", new_field("speed", type="number", minimum=0, maximum=9)),
    ("no_null", "nullable", field("rig", nullable=True)),
    ("no_flag", "boolean", new_field("afloat", type="boolean")),
    ("no_map", "spec.marks is a map of something else", field("marks", additionalProperties=NUMBER)),
    ("no_duration", "duration as text", new_field("watch", type="string", format="duration", maxLength=9)),
    ("no_duration", "unit in its name", new_field("watchSeconds", type="string", maxLength=9)),
    ("no_phase", "use conditions", new_field("phase", type="string", maxLength=9)),
    ("no_timestamp", "call it ...Time", new_field("startTimestamp", type="string", format="date-time")),
    ("no_timestamp", "no date-time", new_field("endTime", type="string", maxLength=9)),
    ("no_reference", "...Ref", new_field("ownerReference", type="string", maxLength=9)),
    ("no_reference", "names a namespace", new_field("homeNamespace", type="string", maxLength=9)),
    ("field_name", "camelCase", new_field("Deck", type="string", maxLength=9)),
    ("enum_values", "'ketch' is not in CamelCase", field("rig", enum=["Sloop", "ketch"])),
    ("enum_values", "twice", field("rig", enum=["Sloop", "Sloop"])),
    ("structural", "must be a schema", field("marks", additionalProperties=True)),
    ("structural", "has both", field("marks", properties={"colour": {"type": "string", "maxLength": 9, "description": "Red."}})),
    ("structural", "oneOf sets type", field("home", oneOf=[{"type": "string"}])),
    ("keeps_unknown", "does not know", field("marks", x_kubernetes_preserve_unknown_fields=True)),
    ("cel", "has no rule", rule(rule=None)),
    ("cel", "needs a message", rule(message=None)),
    ("cel", "needs a message", rule(message="two\nlines")),
    ("cel", "needs a reason", rule(reason="Because")),
    ("cel", "fieldPath must be .home", rule(fieldPath=None)),
    ("cel", "fieldPath .keel is no field", rule(message="no", fieldPath=".keel")),
    ("cel", "'messages' is no keyword", rule(messages="no")),
    ("cel", "cannot be matched", field("ports/items", x_kubernetes_validations=[BEFORE])),
    # A kind as a whole.
    ("naming", "listKind must be BoatList", changed("spec/names", listKind="Boats")),
    ("naming", "singular must be boat", changed("spec/names", singular="Boat")),
    ("naming", "needs shortNames", changed("spec/names", shortNames=None)),
    ("naming", "PLURAL.GROUP", changed("metadata", name="boat.example.com")),
    ("naming", "must be Namespaced", changed("spec", scope="Cluster")),
    ("versions", "exactly one version", version(storage=False)),
    ("versions", "is no version", version(name="one")),
    ("versions", "strategy is None", changed("spec", conversion={"strategy": "Webhook"})),
    ("versions", "pruning off", changed("spec", preserveUnknownFields=True)),
    ("subresources", "needs status", changed(VERSION + "/subresources", status=None)),
    ("subresources", "needs scale", changed(VERSION + "/subresources", scale=None)),
    ("subresources", "scale.specReplicasPath", changed(VERSION + "/subresources/scale", specReplicasPath=".spec.rig")),
    ("subresources", "scale.labelSelectorPath", changed(VERSION + "/subresources/scale", labelSelectorPath=".spec.home")),
    ("subresources", "status.observedGeneration is missing", changed(STATUS + "/properties", observedGeneration=None)),
    ("columns", "needs Age", version(additionalPrinterColumns=COLUMNS[:2])),
    ("columns", "needs one of the state", version(additionalPrinterColumns=COLUMNS[1:])),
    ("columns", ".status.word is no field", column(0, jsonPath=".status.word")),
    ("columns", "is a integer, but", column(0, type="integer")),
    ("columns", "shown as a date", column(1, type="string")),
    ("columns", "needs a description", column(1, description=None)),
    ("columns", "two have one name", column(1, name="Age")),
    ("conditions", "status.conditions is missing", changed(STATUS + "/properties", conditions=None)),
    ("conditions", "must be a map", status("conditions", x_kubernetes_list_type="atomic")),
    ("conditions", "must require reason", status("conditions/items", required=["type", "status", "message", "lastTransitionTime"])),
    ("conditions", "status.conditions[].reason", status("conditions/items/properties/reason", pattern=None)),
    ("conditions", "status.conditions[].status", status("conditions/items/properties/status", enum=["Yes", "No"])),
    ("selectable", "at most 8", version(selectableFields=[{"jsonPath": ".spec.home"}] * 9)),
    ("selectable", "no string", version(selectableFields=[{"jsonPath": ".spec.ports"}])),
]


def test_a_good_kind_passes(check):
    assert check(GOOD) == []


@pytest.mark.parametrize("rule_name, words, crd", MISTAKES, ids=[f"{name}-{words}" for name, words, _ in MISTAKES])
def test_each_kind_of_mistake_is_found(check, rule_name, words, crd):
    found = [line for line in check(crd) if f"[{rule_name}]" in line]
    assert any(words in re.sub(r" \[\w+\]", "", line) for line in found), found


def test_every_rule_is_planted_above():
    assert {one.__name__ for one in (*crd_check.RULES, *crd_check.KIND_RULES)} == {name for name, *_ in MISTAKES}


def test_a_key_that_is_there_twice_is_found(check):
    text = re.sub(r"( *)description: Its harbour.\n", r"\1description: Its harbour.\n\1description: Again.\n", yaml.safe_dump(GOOD))
    assert any("'description' is there twice" in line for line in check(text))


def test_a_finding_tells_file_and_line(tmp_path):
    file, excuses = tmp_path / "boat.yaml", tmp_path / "none.txt"
    file.write_text(yaml.safe_dump(field("home", maxLength=None)))
    excuses.write_text(MESSAGE)
    done = tool("--exceptions", excuses, file)
    assert done.returncode == 1
    number = int(re.match(rf"{file}:(\d+): Boat spec.home \[bounds\] needs maxLength\n$", done.stdout)[1])
    assert "description: Its harbour." in file.read_text().splitlines()[number - 1]


def test_an_exception_excuses_what_it_names_and_nothing_else(check):
    wrong = field("crew", maximum=None)
    assert check(wrong, MESSAGE + "Boat spec.crew bounds any number\n") == []
    for other in ("Ship spec.crew bounds x\n", "Boat spec.home bounds x\n", "Boat spec.crew no_float x\n"):
        found = check(wrong, MESSAGE + other)
        assert len(found) == 2 and "spec.crew [bounds] needs maximum" in found[0] and "is not needed" in found[1]


def test_an_exception_without_a_reason_is_refused(check):
    assert any("an exception is KIND PATH RULE REASON" in line for line in check(GOOD, MESSAGE + "Boat spec.crew bounds\n"))


def test_our_kinds_pass_and_need_every_exception_that_there_is():
    done = tool()
    assert (done.stdout, done.returncode) == ("", 0)
    assert "crd_check: 2 kinds" in done.stderr
