"""Which chapters ./dev demo tells, in which order, and which of them measures what build/demo.json holds: the real
`tell` and the real chapters, with stand-ins for ./dev, the cluster, the store and the load."""
import contextlib
import json
import pathlib
import sys
import threading

import numpy
import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2] / "e2e" / "demo")]

import demo  # noqa: E402
from digits.story import Digits  # noqa: E402
from support import digits, load, store  # noqa: E402

CHAPTERS = ["upload", "train", "serve", "measure_capacity", "overload_without_scaling", "scale_up", "sleep", "wake"]
# Of each figure that must be in the file: what the stand-ins show, and the chapter that measures it.
FIGURES = {"accuracy_job": (0.96, "train"), "resumed_from_step": (150, "train"), "accuracy_served": (0.97, "serve"),
           "replicas_max": (4, "scale_up"), "failed_requests": (3, "scale_up"), "replicas_idle": (0, "sleep")}
MEASURED_HERE = {"seconds_first_answer_from_zero": "wake"}  # by a clock


class StandInCluster:
    """One in which all has gone well already, so that nothing is waited for."""

    def __init__(self, *_):
        self.namespace, self.looked = "cresset-demo", threading.Event()

    def apply(self, _):
        self.looked.clear()

    def run(self, *_, **__):
        pass

    def table(self, *_):
        return ""

    def token(self):
        return "token"

    def get(self, kind, name=None, selector=""):
        if kind == "trainingjob":
            return {"metadata": {"uid": "u"}, "status": {
                "conditions": [{"type": "Complete", "status": "True"}], "metrics": {"accuracy": FIGURES["accuracy_job"][0]},
                "resumedFromStep": FIGURES["resumed_from_step"][0], "restarts": 1, "model": {"uri": "s3://models/digits/1"}}}
        if kind == "modelservice":
            self.looked.set()
            return {"status": {"conditions": [{"type": "Ready", "status": "True"}],
                               "readyReplicas": FIGURES["replicas_max"][0], "replicas": FIGURES["replicas_idle"][0]}}
        if kind == "pods" and "training-job" in selector:
            return [{"metadata": {"name": "digits-1", "labels": {"cresset.dev/worker-index": "1"}}, "status": {"phase": "Running"}}]
        return None if name else []


@pytest.fixture
def told(monkeypatch, tmp_path):
    """Runs the demo; answers what was done, in order, and which figures each chapter left or changed."""
    done, left, cluster = [], {}, StandInCluster()

    class Recorded(Digits):
        def accuracy(self, name):
            return FIGURES["accuracy_served"][0]

    def recorded(chapter):
        def tell(self):
            before = dict(self.figures)
            done.append(chapter)
            getattr(Digits, chapter)(self)
            left[chapter] = {name for name, value in self.figures.items() if before.get(name, ...) != value}
        return tell

    for chapter in [*CHAPTERS, "delete"]:
        setattr(Recorded, chapter, recorded(chapter))

    def open_loop(*_, **__):
        cluster.looked.wait(10)  # as real load lasts until the replicas have been looked at
        failed = FIGURES["failed_requests"][0] if done[-1] == "scale_up" else 7
        return load.Outcome(sent=100, failed=failed, seconds=1, latencies=[0.1] * 90)

    pixels, answers = numpy.zeros((2, 784), numpy.float32), numpy.zeros(2, numpy.int64)
    monkeypatch.setattr(digits, "load", lambda: (pixels, answers, pixels, answers))
    monkeypatch.setattr(store, "started", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(store, "reached", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(store, "write", lambda *_: None)
    monkeypatch.setattr(store, "names", lambda _, path: [f"{path}/150-r1/manifest.json"])
    monkeypatch.setattr(load, "closed_loop", lambda *_, **__: load.Outcome(sent=9, seconds=1, latencies=[0.1] * 9))
    monkeypatch.setattr(load, "open_loop", open_loop)
    monkeypatch.setattr(demo, "Digits", Recorded)
    monkeypatch.setattr(demo, "Kube", lambda *_: cluster)
    monkeypatch.setattr(demo, "dev", lambda *args: done.append(f"./dev {args[0]}"))
    monkeypatch.setattr(demo, "a_cluster_runs", lambda: False)
    monkeypatch.setattr(demo, "ROOT", tmp_path)
    monkeypatch.setattr(demo.stop, "__defaults__", (tmp_path / "build" / "demo.log",))
    monkeypatch.setenv("KUBECONFIG", "/somewhere/kubeconfig")
    monkeypatch.setenv("CRESSET_GATEWAY", "http://127.0.0.1:8080")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["demo.py", *arguments])
        assert demo.main() == 0
        return done, left
    return run


def test_the_demo_tells_every_chapter_in_order_and_ends_what_it_made(told):
    done, _ = told()
    assert done == ["./dev images", "./dev up", "./dev helm", *CHAPTERS, "delete", "./dev down"]


def test_a_demo_that_is_kept_tells_the_same_and_deletes_nothing(told):
    done, _ = told("--keep")
    assert done == ["./dev images", "./dev up", "./dev helm", *CHAPTERS]


def test_each_figure_of_the_file_is_what_the_chapter_that_measures_it_saw(told, tmp_path):
    _, left = told()
    measured = {name: [chapter for chapter, names in left.items() if name in names] for name in [*FIGURES, *MEASURED_HERE]}
    assert measured == {name: [chapter] for name, chapter in
                        {**{name: chapter for name, (_, chapter) in FIGURES.items()}, **MEASURED_HERE}.items()}
    written = json.loads((tmp_path / "build" / "demo.json").read_text())
    assert {name: written[name] for name in FIGURES} == {name: value for name, (value, _) in FIGURES.items()}
    assert 0 <= written["seconds_first_answer_from_zero"] <= written["seconds_total"] + 0.1
