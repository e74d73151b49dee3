"""The story of the digits, held to its figures: what `./dev demo` shows must be so."""
import concurrent.futures
import datetime
import json
import pathlib
import re

import pytest

from digits.story import Digits, JOB, SERVICE
from support import load, store
from support.kube import wait_for, is_true

BUILD = pathlib.Path(__file__).resolve().parents[3] / "build"


@pytest.fixture(scope="module")
def story(kube, gateway, s3_image):
    story = Digits(kube.in_namespace("story-digits"), gateway, s3_image)
    yield story
    (BUILD / "story-digits.json").write_text(json.dumps(story.figures, indent=2))
    story.kube.run("delete", "namespace", story.kube.namespace, "--wait=false", check=False)


@pytest.fixture(scope="module")
def trained(story):
    story.upload()
    story.train()
    return story.figures


@pytest.fixture(scope="module")
def served(story, trained):
    story.serve()
    return story.figures


@pytest.fixture(scope="module")
def loaded(story, served):
    story.measure_capacity()
    story.overload_without_scaling()
    story.scale_up()
    story.sleep()
    story.wake()
    return story.figures


def test_a_job_that_loses_a_worker_goes_on_from_its_last_checkpoint(story, trained):
    assert trained["resumed_from_step"] >= 100
    assert trained["resumed_from_step"] >= trained["checkpoint_before_kill"]
    assert trained["restarts"] == 1


def test_the_trained_model_is_right_on_the_rows_kept_out(trained):
    assert trained["accuracy_job"] >= 0.95


def printed(story, kind, thing):
    """What `kubectl get` shows of it, by the heads of its columns, and the status that this was made of."""
    def status_and_table():
        before, table = thing()["status"], story.kube.table(kind, "digits")
        return thing()["status"] == before and (before, table)

    status, table = wait_for(f"a status of the {kind} that stands still", status_and_table, 30)
    heads, cells = table.splitlines()
    return dict(zip(heads.split(), cells.split(), strict=True)), status


def seconds_of(age):
    """Of kubectl's "35s", "2m5s" or "12m"."""
    return sum(int(number) * {"s": 1, "m": 60, "h": 3600}[unit] for number, unit in re.findall(r"(\d+)([smh])", age))


def test_kubectl_get_shows_of_the_finished_job_what_its_status_says(story, trained):
    row, status = printed(story, "trainingjobs", story.job)
    assert list(row) == ["NAME", "STATE", "WORKERS", "STEP", "LOSS", "CHECKPOINT", "AGE"]
    assert (row["NAME"], row["STATE"], row["WORKERS"]) == ("digits", "Complete", status["workers"]["summary"])
    assert int(row["STEP"]) == status["step"] == 8 * 63  # epochs of 4,000 rows in batches of 64
    assert float(row["LOSS"]) == status["loss"] > 0
    written = datetime.datetime.fromisoformat(status["checkpoint"]["time"])
    age = (datetime.datetime.now(datetime.timezone.utc) - written).total_seconds()
    assert 0 <= age - seconds_of(row["CHECKPOINT"]) < (10 if "s" in row["CHECKPOINT"] else 70), (row, age)  # "12m": without seconds


def test_an_outside_client_gets_the_same_accuracy_through_the_gateway(served):
    assert served["accuracy_served"] == pytest.approx(served["accuracy_job"], abs=0.002)


def test_kubectl_get_shows_of_the_ready_service_what_its_status_says(story, served):
    row, status = printed(story, "modelservices", story.service)
    assert list(row) == ["NAME", "STATE", "REPLICAS", "VERSION", "URL", "AGE"]
    assert (row["NAME"], row["STATE"], row["REPLICAS"]) == ("digits", "Ready", "1")
    assert (status["state"], status["readyReplicas"]) == ("Ready", 1)
    assert (row["VERSION"], row["URL"]) == (status["revision"], status["url"])
    assert row["URL"].endswith("/story-digits/digits")


def test_a_second_apply_of_the_same_files_changes_nothing(story, served):
    before = story.job()["metadata"]["resourceVersion"]
    story.kube.apply(JOB)
    story.kube.apply(SERVICE)
    assert story.job()["metadata"]["resourceVersion"] == before


def test_without_the_stored_statistics_the_accuracy_falls(story, served):
    with store.reached(story.kube) as s3:
        copy_without_statistics(s3, served["model_uri"].removeprefix("s3://"), "models/blind/1")
    blind = SERVICE.replace("name: digits\n", "name: blind\n", 1).replace(
        "{trainingJob: digits}", "{uri: s3://models/blind/1}")
    story.kube.apply(blind)
    wait_for("the service without statistics", lambda: is_true(story.kube.get("modelservice", "blind"), "Ready"), 90)
    assert story.accuracy("blind") < served["accuracy_served"] - 0.02
    story.kube.run("delete", "modelservice", "blind")


def copy_without_statistics(s3, source, target):
    """The same weights, the preprocessing with mean 0 and deviation 1, and digests that fit."""
    import hashlib
    model = json.loads(store.read(s3, f"{source}/model.json"))
    changed = 0
    for step in model["preprocessing"]["steps"] if isinstance(model["preprocessing"], dict) else model["preprocessing"]:
        for values in step.values():
            if isinstance(values, dict) and "mean" in values:
                size = len(values["mean"])
                spread = next(k for k in values if k in ("std", "deviation", "scale", "stddev"))
                values["mean"], values[spread] = [0.0] * size, [1.0] * size
                changed += 1
    assert changed, "model.json holds no statistics"
    files = {"model.json": json.dumps(model).encode(),
             "weights.safetensors": store.read(s3, f"{source}/weights.safetensors")}
    manifest = json.loads(store.read(s3, f"{source}/manifest.json"))
    for name, data in files.items():
        store.write(s3, f"{target}/{name}", data)
        manifest["files"][name] = {**manifest["files"][name], "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    store.write(s3, f"{target}/manifest.json", json.dumps(manifest).encode())


def test_load_over_one_replica_is_answered_by_at_least_three_and_no_request_fails(loaded):
    assert loaded["replicas_max"] >= 3
    assert loaded["failed_requests"] == 0, loaded["load_errors"]


def test_the_status_and_an_event_say_why_there_are_more_replicas(loaded):
    causes = {cause for count, causes in loaded["reasons"].items() if (count or 0) >= 3 for cause in causes}
    assert causes & {"Mean", "Surge", "Backlog"}, loaded["reasons"]
    notes = loaded["scaled_events"]
    assert any(re.match(r"scaled from \d to [3-5]: .+", note) for note in notes), notes
    assert any(re.match(r"scaled from \d to 0: no request for 10 s", note) for note in notes), notes


def test_without_scaling_the_same_load_misses_its_deadline(loaded):
    assert loaded["late_without_scaling"] > 0.1
    assert loaded["late_with_scaling"] < 0.75 * loaded["late_without_scaling"]


def test_of_two_busy_replicas_the_one_with_less_to_do_is_chosen_to_leave_and_no_request_fails(story, loaded):
    story.kube.apply(SERVICE.replace("replicas: 1", "replicas: 2"))
    wait_for("two replicas", lambda: story.service()["status"].get("readyReplicas") == 2, 90, explain=story.explain_service)
    replicas = lambda: story.kube.get("pods", selector="cresset.dev/model-service=digits")
    marked = lambda: [pod["metadata"]["name"] for pod in replicas()
                      if pod["metadata"].get("annotations", {}).get("controller.kubernetes.io/pod-deletion-cost") == "-1000"]
    outcome = load.Outcome()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        working = pool.submit(load.closed_loop, story.infer_url(), *story.a_request(), connections=16, seconds=20, outcome=outcome)
        # Some seconds' worth for two: the gateways tell once a second who is busy.
        wait_for("load", lambda: len(outcome.latencies) > 7 * story.figures["capacity"], 20)
        story.kube.run("scale", "modelservice", "digits", "--replicas=1")
        chosen = wait_for("a mark on one of the two", marked, 20)
        working.result()
    assert len(chosen) == 1
    wait_for("one replica", lambda: len(replicas()) == 1, 60, explain=story.explain_service)
    assert outcome.failed == 0, outcome.errors
    assert outcome.sent > 20


def test_an_idle_service_has_no_replica_and_the_next_request_wakes_it(loaded):
    assert loaded["replicas_idle"] == 0
    assert loaded["seconds_first_answer_from_zero"] < 30


def test_a_burst_on_a_service_that_sleeps_brings_at_least_three_replicas_at_once_and_no_request_fails(story, loaded):
    story.burst()
    assert loaded["burst_replicas_max"] >= 3
    assert loaded["burst_failed_requests"] == 0, loaded["burst_load_errors"]
    causes = {cause for count, causes in loaded["burst_reasons"].items() if (count or 0) >= 3 for cause in causes}
    assert causes & {"Surge", "Backlog"}, loaded["burst_reasons"]  # not only when the window's mean had followed


def test_nothing_is_left_when_everything_is_deleted(story, loaded):
    story.delete()
    made = {name.split("/")[0] for name in loaded["made"]}  # else the look for what is left looks at nothing
    assert made >= {"Deployment", "EndpointSlice", "ModelService", "NetworkPolicy", "Pod", "ReplicaSet", "Service", "TrainingJob"}
    assert story.left_over() == []
