"""A node whose heartbeat stops, and what the real controllers for nodes and taints then do to a job's worker: its pod is
being deleted and nobody confirms it, since only the node could say that its rank is dead."""
import datetime
import threading

import pytest

from tests.faults.history import History
from tests.faults.kubelet import INDEX, Kubelet, instant
from tests.faults.oracles import two_live_pods
from tests.integration.conftest import SYSTEM, plane_of_its_own
from tests.integration.hardship.hardship_test import status, wait_for_round
from tests.integration.hardship.meddling_test import notes_of
from tests.integration.training_job_test import conditions, pods_of, submit, wait_until_quiet
from tests.support.cluster import CONTROLLERS, wait_until

NODES = "node-lifecycle-controller,taint-eviction-controller"
# Forty seconds and a node in ten seconds, as a cluster is delivered, are long for a test.
FLAGS = ("--node-monitor-period=500ms", "--node-monitor-grace-period=8s", "--node-eviction-rate=10")
UNREACHABLE = "node.kubernetes.io/unreachable"
LEASES = "kube-node-lease"
HEARTBEAT = 0.3


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, crds):
    with plane_of_its_own(tmp_path_factory.mktemp("nodes") / "plane", crds, controllers=f"{CONTROLLERS},{NODES}",
                       flags=FLAGS) as own:
        yield own


@pytest.fixture(scope="module")
def operator_kubeconfig(cluster):
    return cluster.account_kubeconfig("operator", SYSTEM)


def precise_instant():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def ready_status():
    now = instant()
    return {"status": {"conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "",
                                       "lastHeartbeatTime": now, "lastTransitionTime": now}]}}


class Kubelets(Kubelet):
    """One for each of two nodes, worker N's on node N. What is cut off neither hears nor says anything."""

    def __init__(self, api, history, namespace):
        self.api = api
        self.nodes = [f"{namespace}-{index}" for index in range(2)]
        self.cut = set()
        self.silent = threading.Event()
        for node in self.nodes:
            api.create("nodes", None, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": node}, **ready_status()})
            # Of one that has no time at first, the controller would not see that it is renewed.
            api.create("leases", LEASES, {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": node},
                                          "spec": {"holderIdentity": node, "renewTime": precise_instant()}})
        super().__init__(api, history, namespace)
        self.heart = threading.Thread(target=self.beat, daemon=True)
        self.heart.start()

    def stop(self):
        self.silent.set()
        self.heart.join(timeout=10)
        super().stop()
        for node in self.nodes:
            self.api.delete("nodes", None, node)

    def beat(self):
        try:
            while not self.silent.wait(HEARTBEAT):
                for node in set(self.nodes) - self.cut:
                    self.api.merge("leases", LEASES, node, {"spec": {"renewTime": precise_instant()}})
        except Exception as error:
            self.broken = f"the heartbeat: {error!r}"

    def cut_off(self, index):
        self.cut.add(self.nodes[index])

    def come_back(self, index):
        self.cut.discard(self.nodes[index])
        self.api.merge("nodes", None, self.nodes[index], ready_status(), "status")

    def taints(self, index):
        """(key, effect) of each taint of the node."""
        node = self.api.call("GET", self.api.path("nodes", None, self.nodes[index]))
        return {(taint["key"], taint["effect"]) for taint in node["spec"].get("taints", [])}

    def node_of(self, pod):
        return self.nodes[int(pod["metadata"]["labels"][INDEX])]

    def next_step(self, pod):
        if self.node_of(pod) in self.cut:
            return None
        step = super().next_step(pod)
        if step == "bind" and self.taints(self.nodes.index(self.node_of(pod))):
            return None  # a scheduler would wait too
        return "ready again" if step is None and pod["status"]["phase"] == "Running" and ready(pod) == "False" else step

    def status(self, pod, step):
        return super().status(pod, "run" if step == "ready again" else step)


def ready(pod):
    return condition(pod, "Ready").get("status")


def condition(thing, kind):
    return next((one for one in thing.get("status", {}).get("conditions", []) if one["type"] == kind), {})


@pytest.fixture
def history(cluster, running_operator):
    """From when the operator is ready: its kinds are served then."""
    seen = History(cluster.api)
    yield seen
    seen.stopped = True
    assert seen.broken is None


@pytest.fixture
def kubelets(history, namespace):
    both = Kubelets(history.api, history, namespace)
    yield both
    both.stop()
    assert both.broken is None


def tolerating(seconds):
    """Workers that bear a node that cannot be reached for so long, and are given a second to end."""
    return {"tolerations": [{"key": UNREACHABLE, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds}],
            "template": {"spec": {"terminationGracePeriodSeconds": 1}}}


def uids(cluster, namespace):
    return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in pods_of(cluster, namespace)}


def is_taken_away(cluster, namespace):
    """By the controller of taints, which says so in the pod before it deletes it."""
    pod = cluster.get("pod", "digits-1", namespace)
    reason = condition(pod or {}, "DisruptionTarget").get("reason")
    return reason == "DeletionByTaintManager" and "deletionTimestamp" in pod["metadata"]


def lose_worker_1(cluster, namespace, kubelets):
    """The pods' identities, once the job is in its first round and the pod of node 1 is being deleted."""
    submit(cluster, namespace, workers=tolerating(2), failurePolicy={"maxRestarts": 0})
    wait_for_round(cluster, namespace, 1)
    before = uids(cluster, namespace)
    kubelets.cut_off(1)
    wait_until(lambda: is_taken_away(cluster, namespace), "the cluster takes worker 1 away", 60)
    assert (UNREACHABLE, "NoExecute") in kubelets.taints(1) and not kubelets.taints(0)
    # Told after it is written down, from memory: an operator that is killed before would not tell.
    wait_until(lambda: notes_of(cluster, namespace, "WorkerDisrupted"), "the operator sees it and tells it")
    return before


def assert_replaced_once(cluster, namespace, history, before):
    wait_for_round(cluster, namespace, 2)
    wait_until_quiet(cluster, namespace)
    after = uids(cluster, namespace)
    assert after.keys() == before.keys() == {"digits-0", "digits-1"}
    assert after["digits-0"] == before["digits-0"] and after["digits-1"] != before["digits-1"]
    now = status(cluster, namespace)
    assert (now["state"], now["round"], now["restarts"], now["disruptions"]) == ("Running", 2, 0, 1)
    _, events = history.snapshot(namespace)
    assert list(two_live_pods(events)) == []
    writes = cluster.writes("operator", namespace)
    assert (writes.count(("create", "pods")), writes.count(("delete", "pods"))) == (3, 0), writes
    for reason in ("WorkerDisrupted", "WorkerLost", "RoundStarted"):
        wait_until(lambda: notes_of(cluster, namespace, reason), f"an event {reason}")
        assert len(notes_of(cluster, namespace, reason)) == 1, notes_of(cluster, namespace, reason)


def test_a_worker_on_a_node_that_is_cut_off_is_waited_for_and_replaced_once_when_the_node_says_that_it_is_gone(
        cluster, namespace, history, kubelets):
    before = lose_worker_1(cluster, namespace, kubelets)
    wait_until(lambda: conditions(cluster, namespace)["Running"]["reason"] == "WorkerLeaving", "it is told what is waited for")
    told = conditions(cluster, namespace)
    assert (told["Running"]["status"], told["Running"]["message"]) == (
        "False", "worker 1: pod digits-1 is being deleted and has not gone; it is waited for")
    assert (told["Restarting"]["status"], told["Restarting"]["reason"]) == ("True", "WorkerDisrupted")
    wait_until_quiet(cluster, namespace)
    assert uids(cluster, namespace) == before
    waiting = status(cluster, namespace)
    assert (waiting["state"], waiting["round"], waiting["restarts"], waiting["disruptions"]) == ("Restarting", 1, 0, 1)
    kubelets.come_back(1)
    assert_replaced_once(cluster, namespace, history, before)


def test_an_operator_that_starts_while_a_node_is_cut_off_decides_nothing_anew(
        cluster, namespace, history, kubelets, running_operator, start_operator):
    before = lose_worker_1(cluster, namespace, kubelets)
    running_operator.kill()
    second = start_operator()
    wait_until(second.ready, "the second operator is ready")
    wait_until(lambda: second.metric("controller_runtime_reconcile_total", controller="trainingjob") >= 1,
               "the second operator has looked at the job")
    wait_until_quiet(cluster, namespace)
    assert uids(cluster, namespace) == before
    kubelets.come_back(1)
    assert_replaced_once(cluster, namespace, history, before)


def test_a_node_that_is_back_before_its_pods_have_to_go_costs_no_write(
        cluster, namespace, history, kubelets, running_operator):
    submit(cluster, namespace, workers=tolerating(300), failurePolicy={"maxRestarts": 0})
    wait_for_round(cluster, namespace, 1)
    wait_until_quiet(cluster, namespace)
    before, told = uids(cluster, namespace), cluster.get("trainingjob", "digits", namespace)
    writes = cluster.writes("operator", namespace)

    def looks():
        return running_operator.metric("controller_runtime_reconcile_total", controller="trainingjob")

    def worker():
        return cluster.get("pod", "digits-1", namespace)

    looked = looks()
    kubelets.cut_off(1)
    wait_until(lambda: (UNREACHABLE, "NoExecute") in kubelets.taints(1), "the node is marked", 60)
    wait_until(lambda: ready(worker()) == "False", "so is its pod")
    kubelets.come_back(1)
    # The controller of taints had already set the hour.
    wait_until(lambda: [note for note in notes_of(cluster, namespace, "TaintManagerEviction")
                        if note == f"Cancelling deletion of Pod {namespace}/digits-1"], "the pod may stay")
    wait_until(lambda: ready(worker()) == "True", "it is ready again")
    wait_until(lambda: looks() > looked, "the operator has looked at it")
    wait_until_quiet(cluster, namespace)
    assert not kubelets.taints(1)
    assert uids(cluster, namespace) == before
    assert cluster.get("trainingjob", "digits", namespace) == told
    assert cluster.writes("operator", namespace) == writes
    _, events = history.snapshot(namespace)
    assert not [event for event in events if event.kind == "pods" and "deletionTimestamp" in event.object["metadata"]]
