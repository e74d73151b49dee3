"""A seeded part of `./dev transitions`, and the proof that the comparison sees what it is there for."""
import copy
import json
import pathlib
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2])]

from tests.faults.rig import Lab  # noqa: E402
from tests.transitions.bases import SILENT  # noqa: E402
from tests.transitions.state import State, differences, end_state  # noqa: E402
from tests.transitions.suite import drawn, live_operator, run  # noqa: E402
from tests.transitions.walker import Walker, all_fields  # noqa: E402
from tests.transitions.values import ABSENT, fields_of, replaced, shown, spec_schema, values_of  # noqa: E402

SEED = 20261125
ALWAYS = {("modelservices", "image"), ("modelservices", "replicas"), ("trainingjobs", "workers.count")}
FIELDS = {(field.kind, shown(field.path)): field for field in all_fields()}


# The values.

def test_every_field_of_both_kinds_is_changed_and_has_values_that_are_taken_and_refused():
    paths = {(kind, shown(path)) for kind, file in (("trainingjobs", "training_job.yaml"), ("modelservices", "model_service.yaml"))
             for path, *_ in fields_of(spec_schema(file))}
    assert set(FIELDS) == paths and len(paths) > 120
    for name, field in FIELDS.items():
        kinds = {value.legal for value in field.values}
        assert kinds == {True, False} or name[1].endswith(("training", "training.data", "training.data.train", "tokenize.vocabulary", "output", "hidden")), name


def test_values_are_absent_other_at_the_edges_and_wrong():
    schema = {"type": "integer", "format": "int32", "minimum": 1, "maximum": 9, "default": 4}
    values = {value.name: (value.legal, value.value) for value in values_of(("crew",), schema, False)}
    assert values["absent"] == (True, ABSENT) and values["null"] == (True, None)
    assert values["the least"] == (True, 1) and values["the most"] == (True, 9) and values["its default"] == (True, 4)
    assert values["beyond minimum"] == (False, 0) and values["beyond maximum"] == (False, 10)
    assert values["half of one"] == (False, 1.5) and values["of another type"] == (False, "7")


def test_a_value_goes_to_its_place_and_nowhere_else():
    base = {"workers": {"count": 2, "tolerations": [{"key": "a"}, {"key": "b"}], "nodeSelector": {"zone": "a"}}}
    before = copy.deepcopy(base)
    assert replaced(base, ("workers", "tolerations", 0, "key"), "c")["workers"]["tolerations"] == [{"key": "c"}, {"key": "b"}]
    assert replaced(base, ("workers", "nodeSelector", "*"), "b")["workers"]["nodeSelector"] == {"zone": "b"}
    assert replaced(base, ("workers", "count"), ABSENT)["workers"].keys() == {"tolerations", "nodeSelector"}
    assert base == before


# The comparison, fed with states that were made up.

def service(image="a:1", replicas=2, ready="True", uid="u1", namespace="n1", **spec):
    meta = {"namespace": namespace, "uid": uid, "resourceVersion": uid, "creationTimestamp": "2026-11-25T10:00:00Z"}
    pod = {"containers": [{"name": "serve", "image": image, "env": [{"name": "CRESSET_CONFIG", "value": json.dumps({"ns": namespace})}]}]}
    owner = {"metadata": {**meta, "name": "digits"}, "spec": {"image": image, "replicas": replicas, **spec}, "status": {
        "observedGeneration": len(uid), "replicas": replicas, "conditions": [
            {"type": one, "status": ready, "reason": "Why", "message": uid} for one in ("Ready", "ModelLoaded", "RolledOut")]}}
    return {("modelservices", "digits"): owner,
            ("deployments", "digits-1"): {"metadata": {**meta, "name": "digits-1", "ownerReferences": [{"uid": uid}]},
                                          "spec": {"replicas": replicas, "template": {"spec": pod}}}}


def state(objects):
    return end_state("modelservices", "digits", objects)


FRESH = state(service(uid="u2", namespace="other"))


def test_names_uids_versions_times_and_messages_are_no_difference():
    assert list(differences(state(service()), FRESH)) == []


@pytest.mark.parametrize("found, words", [
    (service(image="a:0"), 'deployments/digits-1#0/spec/template/spec/containers/serve/image is "a:0", from fresh "a:1"'),
    (service(replicas=1), "deployments/digits-1#0/spec/replicas is 1, from fresh 2"),
    (service(ready="False"), "the condition Ready is ('False', 'Why'), from fresh ('True', 'Why')"),
    ({**service(), ("services", "old"): {"metadata": {"name": "old", "namespace": "n1"}, "spec": {}}},
     "there is services/old, which is not there from fresh"),
    ({key: thing for key, thing in service().items() if key[0] != "deployments"}, "deployments/digits-1 is not there"),
])
def test_a_change_that_is_ignored_a_child_too_many_and_one_too_few_are_differences(found, words):
    assert words in list(differences(state(found), FRESH))


def test_of_a_bad_revision_that_it_is_told_is_a_difference_and_the_one_before_is_none():
    bad = state(service(ready="False", uid="u2"))
    goes_on = {**service(ready="False"), ("deployments", "before"): {"metadata": {"name": "before", "namespace": "n1"}, "spec": {}}}
    assert list(differences(state(goes_on), bad)) == []
    assert any("the condition ModelLoaded" in one for one in differences(state(service()), bad))


# A live operator.

@pytest.fixture(scope="module")
def walker(tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("transitions") / "lab") as lab, live_operator(lab) as operator:
        walker = Walker(lab)
        walker.operator = operator
        yield walker


def chosen():
    fields = list(drawn([field for name, field in FIELDS.items() if name not in ALWAYS], SEED, 7, 5))
    return fields + list(drawn([FIELDS[name] for name in sorted(ALWAYS)], SEED, 3, 8))


def test_a_seeded_part_of_the_transitions_ends_as_from_fresh(walker):
    run(walker, chosen(), 6)
    assert walker.found == []
    assert walker.counts["transitions"] >= 20 and walker.counts["rejected"] >= 5
    assert walker.operator.process.poll() is None


def ignored(before, after, owner):
    """The state that an operator which does nothing comes to: the new spec, and all else as it was."""
    def parts(state, told):
        return {path: value for path, value in state.leaves.items() if path.startswith(owner + "/spec") == told}
    return before._replace(leaves={**parts(before, False), **parts(after, True)}, spec=after.spec)


def test_an_operator_that_ignored_one_of_these_fields_would_be_found(walker):
    """The comparison is fed with the state of before in place of the one after."""
    found, fields = set(), chosen()
    for field in fields:
        before = walker.known[field.kind, json.dumps(field.base, sort_keys=True)]
        for value in field.values:
            after = walker.known.get((field.kind, json.dumps(replaced(field.base, field.path, value.value), sort_keys=True)))
            if isinstance(after, State) and list(differences(ignored(before, after, f"{field.kind}/digits#0"), after)):
                found.add((field.kind, shown(field.path)))
    assert found >= ALWAYS
    assert found == {name for name, effects in walker.effects.items() if len(effects) > 1 and name not in SILENT}
