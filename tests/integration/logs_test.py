"""`cresset logs` before a real API server, which asks a kubelet of the test's for what containers wrote."""
import json
import os
import pty
import subprocess

import pytest

from tests.support.cluster import BUILD, wait_until
from tests.support.kubelet import Kubelet

NODE = "logs-node"


@pytest.fixture(scope="module")
def kubelet(cluster, tmp_path_factory):
    kubelet = Kubelet(tmp_path_factory.mktemp("kubelet"))
    cluster.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}})
    cluster.set_status("node", NODE, {"addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
                                      "daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet.port}}}, None)
    yield kubelet
    cluster.delete("node", NODE, None)
    kubelet.stop()


class Job:
    """digits and its pods, which no operator moves on."""

    def __init__(self, cluster, namespace):
        self.cluster, self.namespace = cluster, namespace
        self.made = cluster.create({
            "apiVersion": "cresset.dev/v1alpha1", "kind": "TrainingJob",
            "metadata": {"name": "digits", "namespace": namespace},
            "spec": {"training": {"data": {"train": {"uri": "s3://data/train.parquet"}, "label": "y"}},
                     "output": {"uri": "s3://models/digits"}}})

    def start_pod(self, name, index, phase="Running"):
        meta = self.made["metadata"]
        self.cluster.create({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": self.namespace,
                         "labels": {"cresset.dev/training-job": "digits", "cresset.dev/worker-index": str(index)},
                         "ownerReferences": [{"apiVersion": "cresset.dev/v1alpha1", "kind": "TrainingJob", "name": "digits",
                                              "uid": meta["uid"], "controller": True}]},
            "spec": {"nodeName": NODE, "automountServiceAccountToken": False,
                     "containers": [{"name": "worker", "image": "worker"}]}})
        self.set_phase(name, phase)

    def set_phase(self, name, phase):
        self.cluster.set_status("pod", name, {"phase": phase}, self.namespace)

    def end(self, kind, message):
        self.cluster.set_status("trainingjob", "digits", {"conditions": [
            {"type": kind, "status": "True", "reason": "Told", "message": message,
             "lastTransitionTime": "2026-01-01T00:00:00Z"}]}, self.namespace)


@pytest.fixture
def job(cluster, namespace):
    return Job(cluster, namespace)


def line(second, message, **fields):
    """As a worker writes it at that second, and the node takes it a little later."""
    text = json.dumps({"time": f"2026-01-01T12:00:{second:02}.250000Z", "level": "info", "message": message, **fields})
    return f"2026-01-01T12:00:{second:02}.260000000Z", text


def start(kubeconfig, namespace, *words):
    return subprocess.Popen([BUILD / "operator" / "cresset", "logs", "digits", "-n", namespace, "--kubeconfig", kubeconfig,
                             *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process):
    out, why = process.communicate(timeout=60)
    return process.returncode, out, why


def names(namespace, *indices):
    return [f"{namespace[-6:]}-{index}" for index in indices]


@pytest.fixture
def two_workers(job, kubelet, namespace):
    first, second = names(namespace, 0, 1)
    kubelet.write(first, line(1, "rank started", rank=0), line(4, "checkpoint written", rank=0, step=20))
    kubelet.write(second, line(2, "round begins", worker=1), line(3, "rank started", rank=1),
                  ("2026-01-01T12:00:03.300000000Z", "a warning of libtorch"))
    job.start_pod(first, 0)
    job.start_pod(second, 1)
    return job


def test_lines_of_all_workers_are_merged_by_their_times(cluster, two_workers, namespace):
    assert finish(start(cluster.kubeconfig, namespace)) == (0, """\
rank 0 | 12:00:01.250 info  rank started
worker 1 | 12:00:02.250 info  round begins
rank 1 | 12:00:03.250 info  rank started
worker 1 | a warning of libtorch
rank 0 | 12:00:04.250 info  checkpoint written  step=20
""", "")


def test_one_rank_alone_as_it_was_written(cluster, two_workers, namespace):
    code, out, why = finish(start(cluster.kubeconfig, namespace, "--rank", "1", "--raw"))
    assert (code, out, why) == (0, line(3, "rank started", rank=1)[1] + "\n", "")


@pytest.mark.parametrize("environment, begin", [({"NO_COLOR": ""}, "\x1b[31mrank 0\x1b[0m | 12:00:01.250"),
                                                ({"NO_COLOR": "1"}, "rank 0 | 12:00:01.250")])
def test_on_a_terminal_ranks_have_colours_unless_no_color_is_set(cluster, two_workers, namespace, environment, begin):
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb") as terminal:
        done = subprocess.run([BUILD / "operator" / "cresset", "logs", "digits", "-n", namespace, "--kubeconfig",
                               cluster.kubeconfig], stdout=theirs, env={**os.environ, **environment}, timeout=60)
        os.close(theirs)
        assert done.returncode == 0
        assert terminal.read1(4096).decode().startswith(begin)


@pytest.mark.parametrize("flags", [(), ("--raw",)])
def test_no_escape_sequence_of_a_worker_reaches_a_terminal(cluster, job, kubelet, namespace, flags):
    [pod] = names(namespace, 0)
    kubelet.write(pod, ("2026-01-01T12:00:01.000000000Z", "\x1b]0;title\x07bad"),
                  ("2026-01-01T12:00:02.000000000Z", json.dumps({"time": "t", "level": "info", "message": "\x1b[2J\nworse"})))
    job.start_pod(pod, 0, "Succeeded")
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb") as terminal:
        done = subprocess.run([BUILD / "operator" / "cresset", "logs", "digits", "-n", namespace, "--kubeconfig",
                               cluster.kubeconfig, *flags], stdout=theirs, env={**os.environ, "NO_COLOR": "1"}, timeout=60)
        os.close(theirs)
        shown = terminal.read1(4096).decode()
    assert done.returncode == 0
    assert "]0;titlebad\r\n" in shown and "worse" in shown
    assert "\x1b" not in shown and "\x07" not in shown


def test_what_a_node_says_in_place_of_lines_is_told_and_others_are_shown(cluster, two_workers, kubelet, namespace):
    [pod] = names(namespace, 1)
    kubelet.write(pod, ("", "failed to create fsnotify watcher: too many open files"))
    code, out, why = finish(start(cluster.kubeconfig, namespace))
    assert (code, why) == (1, f"cresset: {pod}: failed to create fsnotify watcher: too many open files\n")
    assert len(out.splitlines()) == 5


def test_since_is_what_the_node_is_asked_for(cluster, two_workers, kubelet, namespace):
    assert finish(start(cluster.kubeconfig, namespace, "--since", "90"))[0] == 0
    assert [query["sinceSeconds"] for pod, query in kubelet.asked[-2:]] == ["90", "90"]


def test_following_goes_on_with_the_pod_that_replaces_one_and_ends_with_the_job(cluster, job, kubelet, namespace):
    first, second, replaced = names(namespace, 0, 1, "1-r1")
    kubelet.write(first, line(1, "rank started", rank=0))
    kubelet.write(second, line(2, "rank started", rank=1))
    job.start_pod(first, 0)
    job.start_pod(second, 1)
    process = start(cluster.kubeconfig, namespace, "--follow")
    shown = [process.stdout.readline() for _ in range(2)]
    kubelet.write(second, line(5, "rank failed", rank=1))
    kubelet.end(second)
    job.set_phase(second, "Failed")
    kubelet.write(replaced, line(7, "rank started", rank=1))
    job.start_pod(replaced, 1)
    shown += [process.stdout.readline() for _ in range(2)]
    assert process.poll() is None
    kubelet.write(first, line(9, "model written", rank=0))
    for pod in (first, replaced):
        kubelet.end(pod)
        job.set_phase(pod, "Succeeded")
    job.end("Complete", "the model is at s3://models/digits/1")
    code, out, why = finish(process)
    assert "".join(shown) + out == """\
rank 0 | 12:00:01.250 info  rank started
rank 1 | 12:00:02.250 info  rank started
rank 1 | 12:00:05.250 info  rank failed
rank 1 | 12:00:07.250 info  rank started
rank 0 | 12:00:09.250 info  model written
"""
    assert (code, why) == (0, "cresset: digits: Complete: the model is at s3://models/digits/1\n")


def test_following_a_job_that_fails_says_so_by_its_exit(cluster, job, kubelet, namespace):
    [pod] = names(namespace, 0)
    kubelet.write(pod, line(1, "rank failed", rank=0))
    kubelet.end(pod)
    job.start_pod(pod, 0, "Failed")
    job.end("Failed", "training diverged in step 2")
    assert finish(start(cluster.kubeconfig, namespace, "-f")) == (
        1, "rank 0 | 12:00:01.250 info  rank failed\n", "cresset: digits: Failed: training diverged in step 2\n")
    assert finish(start(cluster.kubeconfig, namespace)) == (0, "rank 0 | 12:00:01.250 info  rank failed\n", "")


def test_a_job_that_is_not_there_and_one_without_pods_are_told(cluster, job, namespace):
    code, out, why = finish(start(cluster.kubeconfig, namespace))
    assert (code, out) == (1, "")
    assert why == "cresset: digits has no pods that were started; their logs are gone with those that were\n"
    cluster.delete("trainingjob", "digits", namespace)
    wait_until(lambda: cluster.get("trainingjob", "digits", namespace) is None, "the job is gone")
    assert finish(start(cluster.kubeconfig, namespace)) == (
        1, "", f"cresset: namespace {namespace} has no TrainingJob digits\n")


def test_the_verbs_that_a_person_needs_are_told_when_they_are_refused(cluster, two_workers, namespace):
    cluster.create_account("reader", namespace)
    kubeconfig = cluster.account_kubeconfig("reader", namespace)
    cluster.kubectl("create", "rolebinding", "reader", "-n", namespace, "--role=reader", f"--serviceaccount={namespace}:reader")
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "reader", "namespace": namespace},
            "rules": []}
    for refused, group, resource, verb in (('cannot get resource "trainingjobs"', "cresset.dev", "trainingjobs", "get"),
                                           ('cannot list resource "pods"', "", "pods", "list"),
                                           ('cannot get resource "pods/log"', "", "pods/log", "get")):
        code, out, why = finish(start(kubeconfig, namespace))
        assert (code, out) == (1, "")
        assert refused in why
        role["rules"].append({"apiGroups": [group], "resources": [resource], "verbs": [verb]})
        cluster.apply(role)
    wait_until(lambda: finish(start(kubeconfig, namespace))[0] == 0, "the three verbs are enough")
