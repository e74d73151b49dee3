"""What of ./dev bench operator needs no cluster: rows for each peer, and how requests are counted."""
import bench
from frame import Bench
from nodes import bindings
from peers import JobSet, Trainer
from plane import Plane, difference

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
