"""Every wrong input gets an error that names the field or tensor, what was found and what is allowed.
docs/errors.md lists the cases with the very words; each row there is a case here, unless it names another test.
Nothing is half written by what fails, and nothing of Cresset crashes or hangs over it."""
import json
import pathlib
import re

import numpy
import pyarrow.fs
import pytest
import requests
import yaml

from refused import JOB, REFUSED, SOURCE, changed, service
from support import store
from support.kube import condition_of, is_true, wait_for

DOCUMENT = pathlib.Path(__file__).resolve().parents[3] / "docs" / "errors.md"


def documented():
    """What docs/errors.md says: wrong input to its answer, without the rows that name another test."""
    rows = (line.strip("| \n").split(" | ") for line in DOCUMENT.read_text().splitlines() if line.startswith("| "))
    return {cells[0]: re.search("`(.*)`", cells[2]).group(1) for cells in list(rows)[1:] if "`tests/" not in cells[1]}


def check(what, answer):
    """`answer` must hold the documented sentence; "…" there stands for anything."""
    sentence = ".*".join(re.escape(part) for part in documented()[what].split("…"))
    assert re.search(sentence, answer, re.DOTALL), f"docs/errors.md promises: {documented()[what]}\nthe answer is: {answer}"


def restarts(kube, selector=None):
    """How often each container of the pods was restarted: a crash ends in one, and so does what the kubelet finds hanging."""
    return {(pod["metadata"]["name"], container["name"]): container["restartCount"]
            for pod in kube.get("pods", selector=selector) for container in pod["status"].get("containerStatuses", [])}


@pytest.fixture(scope="module")
def restarts_before(kube):
    """Of operators and gateways."""
    return restarts(kube.in_namespace("cresset-system"))


@pytest.fixture(scope="module")
def space(kube, s3_image, restarts_before):
    kube = kube.in_namespace("story-bad-input")
    kube.run("create", "namespace", kube.namespace)
    kube.run("create", "namespace", "story-bad-neighbour")
    with store.started(kube, s3_image) as s3:
        rows = numpy.random.default_rng(7).normal(size=(200, 2))
        lines = ["x,y,side"] + [f"{x:.4f},{y:.4f},{int(x + y > 0)}" for x, y in rows]
        store.write(s3, "data/points.csv", "\n".join(lines).encode())
        gaps = ["x,y,z,side"] + [f"{x:.4f},{y:.4f},,{int(x + y > 0)}" for x, y in rows[:20]] + ["1,,,1", "-1,,,0"]
        store.write(s3, "data/gaps.csv", "\n".join(gaps).encode())
    for name, access_key in (("wrong", "nobody"), ("wrong-secret", store.ACCESS_KEY)):
        kube.apply(json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": {
            "AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": "nothing"}}))
    yield kube
    for kind in ("trainingjob", "modelservice"):
        kube.run("delete", kind, "--all", "--timeout=60s", check=False)
    for namespace in (kube.namespace, "story-bad-neighbour"):
        kube.run("delete", "namespace", namespace, "--wait=false", check=False)


@pytest.mark.parametrize("what", REFUSED)
def test_the_api_server_refuses(space, what):
    answer = space.apply(yaml.safe_dump(REFUSED[what]), check=False)
    assert answer.returncode != 0, f"{what} was taken"
    check(what, answer.stderr)


def test_nothing_that_the_api_server_refused_is_there(space):
    there = {thing["metadata"]["name"] for thing in space.get("trainingjobs,modelservices")}
    assert not there & {thing["metadata"]["name"] for thing in REFUSED.values()}


def samples(uri, label="side", **more):
    return {"train": {"uri": uri}, "label": label, **more}


FAILS = {  # what only the worker can see: the condition Failed
    "a label column that the file lacks": changed("missing-column", training__data=samples("s3://data/points.csv", "colour")),
    "an object that does not exist": changed("missing-key", training__data=samples("s3://data/nothing.csv")),
    "a bucket that does not exist": changed("missing-bucket", training__data=samples("s3://nowhere/points.csv")),
    "validation data that does not exist": changed(
        "missing-validation", training__data=samples("s3://data/points.csv", validation={"uri": "s3://data/nothing.csv"})),
    "an output bucket that does not exist": changed("missing-output-bucket", output={"uri": "s3://nowhere/points"}),
    "a checkpoint bucket that does not exist": changed("missing-checkpoint-bucket", checkpoint={"uri": "s3://nowhere/checkpoints"}),
    "wrong credentials": changed("wrong-credentials", storage__secretRef={"name": "wrong"}),
    "a wrong secret key": changed("wrong-secret", storage__secretRef={"name": "wrong-secret"}),
    "features that match no column": changed("no-feature", training__data=samples("s3://data/points.csv", features=["pixel*"])),
    "preprocessing of columns that the file lacks": changed("no-step-column", training__preprocess=[{"standardize": {"columns": ["pixel*"]}}]),
    "a reshape to another number of values": changed("wrong-reshape", training__preprocess=[{"reshape": {"shape": [1, 3, 1]}}]),
    "missing values that no step fills": changed("gaps", training__data=samples("s3://data/gaps.csv", features=["x", "y*"])),
    "a step over a column without a value": changed("no-value", training__data=samples("s3://data/gaps.csv"), training__preprocess=[
        {"standardize": {"columns": ["x"]}}, {"impute": {"columns": ["*"]}}]),
}


@pytest.fixture(scope="module")
def failing(space):
    """All at once: each takes a pod's start."""
    for job in FAILS.values():
        space.apply(yaml.safe_dump(job))
    return space


def failed(space, name):
    """The condition, when it is there."""
    return wait_for(f"{name} to fail", lambda: is_true(job := space.get("trainingjob", name), "Failed") and
                    condition_of(job, "Failed"), 120, explain=lambda: space.run("describe", "trainingjob", name).stdout)


@pytest.mark.parametrize("what", FAILS)
def test_the_job_fails_with_words(failing, what):
    check(what, failed(failing, FAILS[what]["metadata"]["name"])["message"])


@pytest.fixture(scope="module")
def model(space):
    """A small model that is served openly, for wrong requests."""
    space.apply(yaml.safe_dump(changed("points")))
    wait_for("the small model", lambda: is_true(space.get("trainingjob", "points"), "Complete"), 120,
             explain=lambda: space.run("describe", "trainingjob", "points").stdout)
    space.apply(yaml.safe_dump(service("points", {"trainingJob": "points"}, mode="Open")))
    space.apply(yaml.safe_dump(service("closed", {"trainingJob": "points"}, mode="Namespace")))
    for name in ("points", "closed"):
        wait_for(f"the service {name}", lambda: is_true(space.get("modelservice", name), "Ready"), 90,
                 explain=lambda: space.run("describe", "modelservice", name).stdout)
    return space.get("trainingjob", "points")["status"]["model"]


def test_a_job_that_failed_has_written_nothing(failing, model):
    names = {job["metadata"]["name"] for job in FAILS.values()}
    for name in names:
        failed(failing, name)
    with store.reached(failing) as s3:
        written = {path.split("/")[1] for path in store.names(s3, "models")}
        assert "points" in written, "the good job's model is not there: this looks at the wrong place"
        assert not written & names
        assert store.names(s3, "data") == ["data/gaps.csv", "data/points.csv"]
        assert s3.get_file_info("nowhere").type == pyarrow.fs.FileType.NotFound, "a bucket was made"


def infer(gateway, body, name="points", token=None, headers=None):
    headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
    data = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return requests.post(f"{gateway}/story-bad-input/{name}/v2/models/{name}/infer", data=data, headers=headers, timeout=30)


def tensor(**changes):
    return {"inputs": [{"name": "input", "datatype": "FP32", "shape": [1, 2], "data": [0.5, 0.25], **changes}]}


REQUESTS = {
    "a tensor of a wrong name": (400, tensor(name="pixels")),
    "a tensor of a wrong type": (400, tensor(datatype="INT64")),
    "a tensor of a wrong shape": (400, tensor(shape=[1, 3], data=[1, 2, 3])),
    "fewer values than the shape says": (400, tensor(data=[0.5])),
    "text where a number belongs": (400, tensor(data=["a", "b"])),
    "no inputs": (400, {"inputs": []}),
    "broken JSON": (400, '{"inputs": [{"name": "input" "shape": [1, 2]}]}'),
    "JSON that is cut off": (400, '{"inputs": ['),
    "a body over `maxRequestBytes`": (413, tensor(shape=[20000, 2], data=[0.123456] * 40000)),
}


@pytest.mark.parametrize("what", REQUESTS)
def test_a_wrong_request_is_answered_with_words(model, gateway, what):
    status, body = REQUESTS[what]
    answer = infer(gateway, body)
    assert answer.status_code == status, answer.text
    check(what, answer.json()["error"])
    good = infer(gateway, tensor())
    assert good.status_code == 200, f"after {what} a good request got {good.text}"


def test_without_a_token_the_answer_says_how_to_get_one(model, gateway):
    answer = infer(gateway, tensor(), name="closed")
    assert answer.status_code == 401
    check("no token", answer.json()["error"])


def test_a_token_for_somebody_else_is_refused(space, model, gateway):
    answer = infer(gateway, tensor(), name="closed", token=space.token(audience="another"))
    assert answer.status_code == 401
    check("a token of another audience", answer.json()["error"])


def test_a_token_of_another_namespace_is_refused(space, model, gateway):
    stranger = space.in_namespace("story-bad-neighbour").token()
    answer = infer(gateway, tensor(), name="closed", token=stranger)
    assert answer.status_code == 403
    check("a token of another namespace", answer.json()["error"])
    assert infer(gateway, tensor(), name="closed", token=space.token()).status_code == 200


def test_an_unknown_service_is_named(space, gateway):
    answer = requests.get(f"{gateway}/story-bad-input/nobody/v2/health/ready", timeout=10)
    assert answer.status_code == 404
    check("an unknown service", answer.json()["error"])


DAMAGES = {
    "an altered model file": ("altered", lambda b: b[:-1] + bytes([b[-1] ^ 1])),
    "a truncated model file": ("truncated", lambda b: b[:-7]),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_a_damaged_model_file_is_never_served(space, model, what):
    name, damage = DAMAGES[what]
    source, target = model["uri"].removeprefix("s3://"), f"models/{name}/1"
    with store.reached(space) as s3:
        for path in store.names(s3, source):
            data = store.read(s3, path)
            file = path.rsplit("/", 1)[1]
            store.write(s3, f"{target}/{file}", damage(data) if file == "weights.safetensors" else data)
    space.apply(yaml.safe_dump(service(name, {"uri": f"s3://{target}"})))
    found = wait_for("the model's refusal", lambda: (
        c := condition_of(space.get("modelservice", name), "ModelLoaded")) and c["status"] == "False" and
        "weights.safetensors" in c.get("message", "") and c, 90,
        explain=lambda: space.run("describe", "modelservice", name).stdout)
    assert not is_true(space.get("modelservice", name), "Ready"), found
    check(what, found["message"])
    space.run("delete", "modelservice", name)


UNSERVABLE = {  # what only a replica can see: the condition ModelLoaded
    "a service: a model that does not exist": service("lost-model", {"uri": "s3://models/nothing/1"}),
    "a service: a bucket that does not exist": service("lost-bucket", {"uri": "s3://nowhere/points/1"}),
    "a service: wrong credentials": service("wrong-keys", SOURCE, storage={
        **JOB["spec"]["storage"], "secretRef": {"name": "wrong"}}),
    "a service: a wrong secret key": service("wrong-secret-key", SOURCE, storage={
        **JOB["spec"]["storage"], "secretRef": {"name": "wrong-secret"}}),
}


@pytest.fixture(scope="module")
def unservable(space, model):
    """All at once, and there is a model where SOURCE says: what is wrong is the key."""
    for thing in UNSERVABLE.values():
        space.apply(yaml.safe_dump(thing))
    return space


@pytest.mark.parametrize("what", UNSERVABLE)
def test_a_model_that_cannot_be_read_is_told_with_words(unservable, what):
    name = UNSERVABLE[what]["metadata"]["name"]
    found = wait_for("a replica's words", lambda: (
        c := condition_of(unservable.get("modelservice", name), "ModelLoaded")) and c["status"] == "False" and
        "exit code" in c.get("message", "") and c, 90,
        explain=lambda: unservable.run("describe", "modelservice", name).stdout)
    assert not is_true(unservable.get("modelservice", name), "Ready"), found
    check(what, found["message"])
    unservable.run("delete", "modelservice", name)


def test_over_all_this_no_container_of_cresset_or_of_a_good_service_was_restarted(space, model, restarts_before):
    assert restarts_before, "cresset-system has no pods: this looks at the wrong place"
    assert restarts(space.in_namespace("cresset-system")) == restarts_before
    good = restarts(space, "cresset.dev/model-service in (points,closed)")
    assert len({pod for pod, _ in good}) == 2, good
    assert not any(good.values()), good


def test_every_documented_answer_has_a_case():
    others = {"no token", "a token of another audience", "a token of another namespace", "an unknown service"}
    assert set(documented()) == {*REFUSED, *FAILS, *REQUESTS, *DAMAGES, *UNSERVABLE, *others}
