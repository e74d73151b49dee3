"""What of ./dev bench operator needs no cluster: rows for each peer, and how requests are counted."""
import types

import bench
import contestants
import pytest
from frame import Bench
from nodes import bindings
from peers import JobSet, Trainer
from plane import Loop, Plane, difference

POD = {"metadata": {"labels": {"a": "b"}}, "spec": {"hostname": "job-0", "subdomain": "job", "restartPolicy": "Never",
                                                    "containers": [{"name": "worker", "image": "x"}]}}


def test_a_measure_has_a_row_for_each_peer_that_has_it_and_its_unit():
    made = Bench("x")
    bench.rows(made, {"ours": [{"create/10": [2.0], "writes/4": [7], "restart writes/9x9": [0],
                                "restart running/9x9": [1.0], "restart running writes/9x9": [0]}],
                      "a bare create loop": [{"create/10": [1.0]}],
                      "JobSet": [{"create/10": [4.0], "writes/4": [14]}]})
    assert [(row["what"], row["unit"], row["peer_name"], row["ratio"]) for row in made.rows] == [
        ("create/10", "s", "a bare create loop", 0.5), ("create/10", "s", "JobSet", 2.0),
        ("writes/4", "writes", "JobSet", 2.0), ("restart writes/9x9", "writes", "", None),
        ("restart running/9x9", "s", "", None), ("restart running writes/9x9", "writes", "", None)]


def test_requests_that_write_are_counted_but_for_leases_nodes_and_reviews():
    plane = Plane()
    plane.call = lambda *_, **__: (
        'apiserver_request_total{code="201",resource="pods",subresource="",verb="POST"} 4\n'
        'apiserver_request_total{code="409",resource="pods",subresource="",verb="POST"} 1\n'
        'apiserver_request_total{code="200",resource="pods",subresource="status",verb="PATCH"} 2\n'
        'apiserver_request_total{code="200",resource="pods",subresource="",verb="LIST"} 9\n'
        'apiserver_request_total{code="200",resource="nodes",subresource="status",verb="PATCH"} 9\n'
        'apiserver_request_total{code="200",resource="leases",subresource="",verb="PUT"} 9\n')
    assert plane.writes() == {"POST pods": 5, "PATCH pods/status": 2}
    assert difference({"POST pods": 5}, plane.writes()) == {"PATCH pods/status": 2}


def test_lists_are_counted_and_watches_while_they_are_open():
    plane = Plane()
    plane.call = lambda *_, **__: (
        'apiserver_request_total{code="200",resource="pods",subresource="",verb="LIST"} 2\n'
        'apiserver_request_total{code="200",resource="pods",subresource="",verb="WATCH"} 9\n'
        'apiserver_request_total{code="200",resource="leases",subresource="",verb="LIST"} 9\n'
        'apiserver_longrunning_requests{resource="pods",scope="cluster",subresource="",verb="WATCH"} 3\n'
        'apiserver_longrunning_requests{resource="pods",scope="namespace",subresource="",verb="WATCH"} 1\n'
        'apiserver_longrunning_requests{resource="pods",scope="resource",subresource="exec",verb="CONNECT"} 5\n')
    assert plane.reads() == {"LIST pods": 2, "WATCH pods": 4}


class Waits(contestants.Contestant):
    """Works for a while, waits, and asks for a list at `asks` (seconds), by a clock of its own."""

    def __init__(self, works, asks):
        super().__init__(types.SimpleNamespace(reads=lambda: {"LIST pods": int(self.now >= asks)}))
        self.now, self._works = 100.0, works

    def cpu_seconds(self):
        return min(self.now, self._works)

    monotonic = property(lambda self: lambda: self.now)

    def sleep(self, seconds):
        self.now += seconds


@pytest.mark.parametrize("works, asks, steady", [(100.5, 0, 100.5), (100.5, 102, 102), (100, 0, 100), (0, 102.8, 102.8)])
def test_a_contestant_is_steady_when_it_neither_works_nor_asks_for_anything(monkeypatch, works, asks, steady):
    who = Waits(works, asks)
    monkeypatch.setattr(contestants, "time", who)
    assert who.steady_since() == pytest.approx(steady, abs=contestants.LOOK + 0.03)


def test_a_loop_that_dies_is_told_with_what_it_was_asked_and_said(tmp_path):
    loop = Loop(["sh", "-c", "echo ready; read line; echo 0.5; read line; echo the quota is full >&2; exit 3"], tmp_path)
    assert float(loop.ask("create core v1 pods a")) == 0.5
    for _ in range(2):
        with pytest.raises(SystemExit, match='(?s)sh ended with 3 at "create core v1 pods b".*the quota is full'):
            loop.ask("create core v1 pods b")
    loop.stop()


def test_trainer_is_given_the_jobset_that_jobset_is_given_under_the_names_that_it_asks_for():
    jobset = JobSet(None, POD, "jobset").job("bench", "job", 1)["spec"]
    trainer = Trainer(None, POD, "jobset", "trainer")
    ours = trainer.training_runtime()["spec"]["template"]["spec"]
    job = jobset["replicatedJobs"][0]
    job.update(name="node")
    job["template"]["metadata"] = {"labels": {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}}
    job["template"]["spec"]["template"]["spec"]["containers"][0]["name"] = "node"
    assert ours == jobset
    assert trainer.job("bench", "job", 7)["spec"]["trainer"] == {"numNodes": 7}
    assert POD["spec"]["containers"][0]["name"] == "worker"


def test_pods_are_bound_to_the_nodes_in_turn():
    made = list(bindings((f"pod-{i}" for i in range(101)), "bench"))
    assert [binding["target"]["name"] for binding in made[-2:]] == ["node-99", "node-0"]
    assert made[0] == {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "pod-0", "namespace": "bench"},
                       "target": {"apiVersion": "v1", "kind": "Node", "name": "node-0"}}
