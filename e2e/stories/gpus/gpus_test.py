"""GPUs are asked for and placed as the scheduler can: the node's status advertises two."""
import json

import pytest
import yaml

from support.kube import condition_of, wait_for

JOB = """
apiVersion: cresset.dev/v1alpha1
kind: TrainingJob
metadata: {name: NAME}
spec:
  workers: {count: 1, resources: {limits: {nvidia.com/gpu: GPUS}}}
  training: {data: {train: {uri: "file:///data/none.parquet"}, label: side}}
  output: {uri: "file:///models/x"}
"""


def job(name, gpus):
    return JOB.replace("NAME", name).replace("GPUS", str(gpus))


@pytest.fixture(scope="module")
def gpu_kube(kube):
    kube = kube.in_namespace("story-gpus")
    kube.run("create", "namespace", kube.namespace)
    node = kube.get("nodes")[0]["metadata"]["name"]
    patch = {"status": {"capacity": {"nvidia.com/gpu": "2"}}}
    kube.run("patch", "node", node, "--subresource=status", "--type=merge", "-p", json.dumps(patch))
    wait_for("two GPUs on the node",
             lambda: kube.get("node", node)["status"]["allocatable"].get("nvidia.com/gpu") == "2", 60)
    yield kube
    kube.run("delete", "trainingjob", "--all", "--timeout=60s", check=False)
    kube.run("patch", "node", node, "--subresource=status", "--type=json", "-p",
             json.dumps([{"op": "remove", "path": "/status/capacity/nvidia.com~1gpu"}]), check=False)
    kube.run("delete", "namespace", kube.namespace, "--wait=false", check=False)


def pod_of(kube, name):
    pods = kube.get("pods", selector=f"cresset.dev/training-job={name}")
    return pods[0] if pods else None


def test_a_job_that_wants_more_gpus_than_there_are_waits_with_the_schedulers_words(gpu_kube):
    gpu_kube.apply(job("three", 3))
    found = wait_for("the scheduler's words in the condition", lambda: (
        c := condition_of(gpu_kube.get("trainingjob", "three"), "Running")) and
        "Insufficient nvidia.com/gpu" in c.get("message", "") and c, 60,
        explain=lambda: gpu_kube.run("describe", "trainingjob", "three").stdout)
    assert found["status"] == "False"
    assert gpu_kube.get("trainingjob", "three")["status"]["state"] == "Pending"
    gpu_kube.run("delete", "trainingjob", "three", "--timeout=60s")


def test_a_job_that_wants_two_is_placed_with_a_rank_for_each(gpu_kube):
    gpu_kube.apply(job("two", 2))
    pod = wait_for("the pod's place", lambda: (p := pod_of(gpu_kube, "two")) and p["spec"].get("nodeName") and p, 60)
    container = pod["spec"]["containers"][0]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "2"
    assert any(t.get("key") == "nvidia.com/gpu" for t in pod["spec"]["tolerations"])
    config = json.loads(next(e["value"] for e in container["env"] if e["name"] == "CRESSET_CONFIG"))
    assert config["processesPerWorker"] == 2 and config["gpus"] == 2
    assert "cuda" in container["image"]


def test_the_pod_passes_the_restricted_pod_security_level(gpu_kube):
    gpu_kube.run("label", "namespace", gpu_kube.namespace, "pod-security.kubernetes.io/enforce=restricted", "--overwrite")
    answer = gpu_kube.apply(yaml.safe_dump({**yaml.safe_load(job("restricted", 1))}))
    assert "created" in answer.stdout
    wait_for("a pod", lambda: pod_of(gpu_kube, "restricted"), 30,
             explain=lambda: gpu_kube.run("describe", "trainingjob", "restricted").stdout)
