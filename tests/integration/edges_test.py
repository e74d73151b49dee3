"""Each field of both kinds at its edges, as the schemas have them, asked of a real API server (no object is made)."""
import pytest

from tests.support.api import Refused
from tests.transitions.bases import KINDS
from tests.transitions.values import ABSENT, fields_of, replaced, shown, spec_schema
from tests.transitions.walker import all_fields

FIELDS = {(field.kind, shown(field.path)): field for field in all_fields()}
INTEGERS = [(kind, shown(path)) for kind, (_, file) in KINDS.items() for path, schema, _ in fields_of(spec_schema(file))
            if schema.get("type") == "integer"]
# What must stand beside these, so that CEL takes them too.
BESIDE = {"workers.count": lambda count: {"min": ABSENT, "max": ABSENT}, "workers.min": lambda least: {"count": least, "max": ABSENT},
          "workers.max": lambda most: {"count": most, "min": ABSENT}, "scaling.min": lambda least: {"max": max(1, least)},
          "scaling.max": lambda most: {"min": 0},
          "training.model.parameters.paddingToken": lambda token: {"vocabularySize": max(2, token + 1)}}


@pytest.fixture(scope="module")
def api(cluster):
    return cluster.api


def refusal(api, field, value):
    """What is said against the field's value in an object that is fine else, or None."""
    thing = {"apiVersion": "cresset.dev/v1alpha1", "kind": KINDS[field.kind][0], "metadata": {"name": "edge"},
             "spec": replaced(field.base, field.path, value)}
    try:
        api.call("POST", api.path(field.kind, "default") + "?dryRun=All&fieldValidation=Strict", thing)
    except Refused as error:
        assert error.status in (400, 422)
        return str(error)
    return None


def fitted(field, value):
    base = field.base
    for name, beside in BESIDE.get(shown(field.path), lambda _: {})(value).items():
        base = replaced(base, (*field.path[:-1], name), beside)
    return field._replace(base=base)


@pytest.mark.parametrize("kind, path", INTEGERS, ids=[f"{kind}-{path}" for kind, path in INTEGERS])
def test_an_integer_is_taken_at_both_ends_and_refused_beyond_them(api, kind, path):
    field = FIELDS[kind, path]
    values = {value.name: value.value for value in field.values}
    for end in ("the least", "the most"):
        assert refusal(api, fitted(field, values[end]), values[end]) is None, end
    for beyond in ("beyond minimum", "beyond maximum", "beyond 64 bits", "below 64 bits", "half of one", "of another type"):
        name = path.split(".")[-1].split("[")[0]
        assert name in refusal(api, field, values[beyond]), beyond


@pytest.mark.parametrize("kind, path", [key for key in FIELDS if key[1].endswith("nodeSelector")])
def test_a_selector_has_an_end(api, kind, path):
    many = {f"k{n}": "v" for n in range(10000)}
    assert "must have at most 32" in refusal(api, FIELDS[kind, path], many)
