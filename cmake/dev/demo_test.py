"""How ./dev demo begins and ends when things are not as they should be; the story itself is e2e/stories/digits."""
import argparse
import pathlib
import subprocess
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2] / "e2e" / "demo")]

import demo  # noqa: E402
import local_job  # noqa: E402


class FakeKube:
    """A namespace that needs two looks to be gone."""

    def __init__(self, present):
        self.looks, self.calls = 2 if present else 0, []

    def get(self, *_):
        if not self.looks:
            return None
        self.looks -= 1 if self.calls else 0
        return {}

    def run(self, *args, **_):
        self.calls.append(args)


def test_what_an_earlier_demo_left_is_named_deleted_and_waited_for():
    kube, said = FakeKube(present=True), []
    demo.clean(kube, said.append)
    assert [call[:3] for call in kube.calls] == [("delete", "namespace", "cresset-demo")] and kube.looks == 0
    assert "cresset-demo" in said[0] and "deleted" in said[0]


def test_where_nothing_was_left_nothing_is_deleted():
    kube = FakeKube(present=False)
    demo.clean(kube, lambda line: None)
    assert kube.calls == []


class InferenceServerException(Exception):
    """As tritonclient's: of no class that the standard library knows."""


@pytest.mark.parametrize("error, words", [
    (KeyError("resumedFromStep"), "KeyError: 'resumedFromStep'"),
    (InferenceServerException("[503] no replica"), "InferenceServerException: [503] no replica"),
    (subprocess.TimeoutExpired(["kubectl", "get", "pods"], 120), "`kubectl get pods` gave no answer in 120 s"),
    (subprocess.CalledProcessError(1, ["./dev", "up"]), "`./dev up` ended with 1; what it said is above"),
    (TimeoutError("a running worker: not within 30 s"), "a running worker: not within 30 s"),
    (KeyboardInterrupt(), "KeyboardInterrupt"),
])
def test_any_error_ends_with_step_reason_and_where_to_look_and_the_traceback_in_a_file(
        monkeypatch, capsys, tmp_path, error, words):
    def tell(teller, _):
        def fail():
            raise error
        teller.step("The model answers", fail)

    monkeypatch.setattr(demo, "tell", tell)
    monkeypatch.setattr(demo, "a_cluster_runs", lambda: False)
    monkeypatch.setattr(demo.stop, "__defaults__", (tmp_path / "build" / "demo.log",))
    monkeypatch.setattr(sys, "argv", ["demo.py"])
    assert demo.main() == 1
    said = capsys.readouterr().err
    assert "The demo stops here.\n  step     The model answers\n" in said and f"  reason   {words}" in said
    assert "./dev kubectl -n cresset-demo get" in said and "Traceback" not in said
    assert "Traceback" in (tmp_path / "build" / "demo.log").read_text()


def test_the_goodbye_names_a_program_of_the_build_and_a_job_that_was_written(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "ROOT", tmp_path)
    job = local_job.write(tmp_path / "build" / "demo")
    demo.goodbye(argparse.Namespace(keep=False), job)
    said = capsys.readouterr().out
    assert "build/release/operator/cresset run build/demo/job.yaml" in said
    text = job.read_text()
    assert "s3://" not in text and "storage" not in text
    for name in ("train.parquet", "kept-out.parquet"):
        assert f"file://{job.parent}/{name}" in text and (job.parent / name).stat().st_size > 1000


@pytest.mark.parametrize("was_up, argument, ended", [
    (False, [], True), (True, [], False), (False, ["--keep"], False), (True, ["--keep"], False)])
def test_a_cluster_that_was_up_before_or_is_to_be_kept_stays_up_and_only_the_demos_own_is_ended(
        monkeypatch, capsys, tmp_path, was_up, argument, ended):
    calls = []
    monkeypatch.setattr(demo, "tell", lambda teller, options: {})
    monkeypatch.setattr(demo, "a_cluster_runs", lambda: was_up)
    monkeypatch.setattr(demo, "dev", lambda *args: calls.append(args))
    monkeypatch.setattr(demo, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["demo.py", *argument])
    monkeypatch.setenv("KUBECONFIG", "/somewhere/kubeconfig")
    monkeypatch.setenv("CRESSET_GATEWAY", "http://127.0.0.1:8080")
    assert demo.main() == 0
    assert calls == ([("down",)] if ended else [])
    said = capsys.readouterr().out
    assert ("The cluster was up before this demo, so it stays up" in said) == (was_up and not argument)
    assert ("./dev up " in said) == ended  # who has one needs no other


def test_where_no_cluster_was_started_none_runs(monkeypatch, tmp_path):
    monkeypatch.setenv("CRESSET_E2E_DIR", str(tmp_path))
    assert not demo.a_cluster_runs()


def test_a_demo_that_is_kept_says_how_to_reach_it(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", "/somewhere/kubeconfig")
    monkeypatch.setenv("CRESSET_GATEWAY", "http://127.0.0.1:8080")
    demo.goodbye(argparse.Namespace(keep=True), tmp_path / "job.yaml")
    said = capsys.readouterr().out
    assert "export KUBECONFIG=/somewhere/kubeconfig\n" in said and "./dev down" in said
    assert "http://127.0.0.1:8080/cresset-demo/digits/v2/models/digits" in said
