"""Which fields of an object that exists may be changed: a real API server holds the kinds to it."""
import copy
import pathlib

import pytest
import yaml

from tests.support.api import Refused

CRDS = pathlib.Path(__file__).resolve().parents[2] / "helm/cresset/schemas"
POD = {"resources": ({"requests": {"cpu": 1}}, {"requests": {"cpu": 2}}), "nodeSelector": ({"a": "b"}, {"a": "c"}),
       "tolerations": ([{"key": "a"}], [{"key": "b"}]), "runtimeClassName": ("nvidia", "kata"), "image": ("a:1", "a:2"),
       "imagePullSecrets": ([{"name": "a"}], [{"name": "b"}]), "serviceAccountName": ("a", "b"), "priorityClassName": ("low", "high")}
STORAGE = ({"endpoint": "http://a"}, {"endpoint": "http://b"})


def training(label):
    return {"data": {"train": {"uri": "s3://data/points.csv"}, "label": label}}


# Field: two values that it may have. An object is made with the first, or without the field.
FIXED = {
    **{f"workers.{field}": values for field, values in POD.items()},
    "workers.processesPerWorker": (2, 3),
    "workers.template": ({"spec": {"hostNetwork": True}}, {"spec": {"hostNetwork": False}}),
    "training": (training("x"), training("y")),
    "output": ({"uri": "s3://models/a"}, {"uri": "s3://models/b"}),
    "storage": STORAGE,
    "checkpoint": ({"uri": "s3://models/c"}, {"uri": "s3://models/d"}),
    "progressDeadlineSeconds": (60, 90),
    "managedBy": ("kueue.x-k8s.io/multikueue", "acme.example/queue"),
}
CHANGEABLE = {
    "workers.count": (4, 5), "workers.min": (1, 2), "workers.max": (6, 7), "failurePolicy": ({"maxRestarts": 1}, {"maxRestarts": 2}),
    "suspend": (True, False), "activeDeadlineSeconds": (60, 90), "pendingDeadlineSeconds": (60, 90),
    "cleanUpPolicy": ("None", "All"), "ttlSecondsAfterFinished": (60, 90), "ttlSecondsAfterFailed": (60, 90),
}
# A ModelService rolls over to whatever it is changed to.
SERVICE = {
    **POD, "model": ({"uri": "s3://models/a/1"}, {"trainingJob": "a"}), "replicas": (1, 2), "scaling": ({"max": 2}, {"min": 1, "max": 3}),
    "access": ({"mode": "Open"}, {"mode": "Namespace"}), "batching": ({"maxSize": 8}, {"maxSize": 16}), "storage": STORAGE,
    "maxRequestBytes": (2048, 4096), "drainSeconds": (5, 6),
}
REQUIRED = {"training", "output", "model"}
ONE_VALUE = {"framework"}  # its only value so far


def changed(thing, field, value):
    """A copy with spec.FIELD as `value`; None takes the field away."""
    thing = copy.deepcopy(thing)
    *parents, last = field.split(".")
    at = thing["spec"]
    for parent in parents:
        at = at.setdefault(parent, {})
    at[last] = value
    if value is None:
        del at[last]
    return thing


def new(kind, field, spec):
    """An object of the field's own in the namespace "default"."""
    name = "edit-" + field.lower().replace(".", "-")
    return {"apiVersion": "cresset.dev/v1alpha1", "kind": kind, "metadata": {"name": name, "namespace": "default"}, "spec": spec}


def job(field):
    return new("TrainingJob", field, {"workers": {"count": 4}, "training": training("x"), "output": {"uri": "s3://models/a"}})


def fields_of(kind):
    """The fields that a spec may have, those of workers each by itself."""
    crd = yaml.safe_load((CRDS / f"{kind}.yaml").read_text())
    fields = dict(crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"])
    workers = fields.pop("workers", {}).get("properties", {})
    return set(fields) | {f"workers.{name}" for name in workers}


def test_the_tables_below_know_every_field():
    assert fields_of("training_job") == set(FIXED) | set(CHANGEABLE) | ONE_VALUE
    assert fields_of("model_service") == set(SERVICE)


def refusal(cluster, thing):
    with pytest.raises(Refused) as refused:
        cluster.apply(thing)
    return str(refused.value)


@pytest.mark.parametrize("field", FIXED)
def test_a_fixed_field_is_refused_by_name_whether_it_is_set_changed_or_removed(cluster, field):
    one, other = FIXED[field]
    sentence = f"spec.{field} cannot be changed; make another TrainingJob"
    if field not in REQUIRED:
        absent = job(field)
        cluster.apply(absent)
        assert sentence in refusal(cluster, changed(absent, field, one))
        cluster.delete("trainingjob", absent["metadata"]["name"])
    given = changed(job(field), field, one)
    cluster.apply(given)
    assert sentence in refusal(cluster, changed(given, field, other))
    if field not in REQUIRED:
        assert sentence in refusal(cluster, changed(given, field, None))


@pytest.mark.parametrize("field", CHANGEABLE)
def test_a_field_that_says_how_to_run_may_be_changed(cluster, field):
    for value in (*CHANGEABLE[field], None):
        cluster.apply(changed(job(field), field, value))


@pytest.mark.parametrize("field", SERVICE)
def test_all_of_a_model_service_may_be_changed(cluster, field):
    service = new("ModelService", field, {"model": {"uri": "s3://models/a/1"}})
    for value in (*SERVICE[field], None):
        if value is not None or field not in REQUIRED:
            cluster.apply(changed(service, field, value))


@pytest.mark.parametrize("thing, field", [(job("bomb"), "workers.resources"), (new("ModelService", "bomb", {"model": {"uri": "s3://models/a/1"}}), "resources")],
                         ids=["job", "service"])
@pytest.mark.parametrize("part", ["limits", "requests"])
def test_a_quantity_that_would_keep_an_api_server_busy_for_minutes_is_refused_at_once(cluster, thing, field, part):
    assert "should match" in refusal(cluster, changed(thing, field, {part: {"cpu": "1e1000000000"}}))
