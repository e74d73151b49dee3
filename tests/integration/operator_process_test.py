"""The `cresset operator` process itself: probes, metrics, signals, missing rights and a missing CRD."""
import os
import signal

import pytest

from tests.support.cluster import Cluster, wait_until


@pytest.fixture
def bare_cluster(tmp_path):
    """A control plane of the test's own, without CRDs."""
    cluster = Cluster(tmp_path / "bare")
    cluster.start()
    cluster.create_namespace("cresset-system")
    yield cluster
    cluster.stop()


def test_a_ready_operator_answers_its_probes_and_tells_its_metrics(running_operator):
    assert running_operator.http("/healthz") == (200, "ok\n")
    assert running_operator.http("/readyz") == (200, "ok\n")
    assert running_operator.http("/secrets")[0] == 404
    body = running_operator.http("/metrics")[1]
    for name in ("workqueue_depth{", "workqueue_adds_total{", "workqueue_unfinished_work_seconds{",
                 "workqueue_longest_running_processor_seconds{", "rest_client_requests_total{",
                 "controller_runtime_active_workers{", "controller_runtime_reconcile_time_seconds_count{",
                 "controller_runtime_reconcile_timeouts_total{", "leader_election_slowpath_total{",
                 "cresset_informer_objects{"):
        assert name in body, f"{name} is missing"
    for resource in ("trainingjobs", "modelservices", "pods", "services", "networkpolicies", "deployments"):
        assert f'cresset_informer_synced{{resource="{resource}"}} 1\n' in body


def test_sigterm_ends_it_cleanly_within_five_seconds(running_operator):
    code, seconds = running_operator.terminate()
    assert code == 0
    assert seconds < 5
    assert '"message":"operator stopped"' in running_operator.log.read_text()


def test_sigterm_ends_it_within_five_seconds_when_the_api_server_does_not_answer(bare_cluster, start_operator):
    operator = start_operator(kubeconfig=bare_cluster.kubeconfig)
    wait_until(lambda: operator.http("/healthz")[0] == 200, "the probes answer")
    pid = bare_cluster.pid("apiserver")
    os.kill(pid, signal.SIGSTOP)
    try:
        code, seconds = operator.terminate()
    finally:
        os.kill(pid, signal.SIGCONT)
    assert code == 0
    assert seconds < 5


def test_a_missing_crd_is_named_by_readyz_and_heals_without_a_restart(bare_cluster, start_operator, crds):
    operator = start_operator(kubeconfig=bare_cluster.kubeconfig)
    wait_until(lambda: "is its CRD installed?" in operator.http("/readyz")[1], "readyz names the CRD")
    status, text = operator.http("/readyz")
    assert status == 503
    assert "trainingjobs" in text
    assert operator.http("/healthz")[0] == 200
    assert 'cresset_informer_synced{resource="trainingjobs"} 0\n' in operator.http("/metrics")[1]
    for crd in crds:
        bare_cluster.apply(crd)
    wait_until(operator.ready, "the operator is ready once the CRDs are there", 60)


def test_a_refused_verb_is_named_by_readyz(cluster, start_operator):
    cluster.create_account("powerless", "default")
    operator = start_operator(kubeconfig=cluster.account_kubeconfig("powerless", "default"))
    wait_until(lambda: 'cannot list resource "trainingjobs"' in operator.http("/readyz")[1],
               "readyz names verb and resource")
    status, text = operator.http("/readyz")
    assert status == 503
    assert 'cannot get resource "leases"' in text
    assert operator.metric("leader_election_master_status") == 0


@pytest.mark.parametrize("flag, found", [
    ("--metrics-address=8080", '--metrics-address must be HOST:PORT'),
    ("--coordination-address=a:99999", '--coordination-address must be HOST:PORT'),
    ("--image-pull-policy=Sometimes", "--image-pull-policy"),
    ("--kubeconfig=/nowhere", "/nowhere"),
    ("--watch-namespace=Team", '--watch-namespace must be the name of a namespace'),
    ("--watch-namespace=", "--watch-namespace"),
])
def test_a_wrong_flag_ends_it_with_an_error_that_names_the_flag(start_operator, flag, found):
    operator = start_operator(args=[flag])
    assert operator.process.wait(timeout=10) != 0
    assert found in operator.log.read_text()


def test_a_namespace_that_is_named_twice_ends_it_with_an_error_that_names_it(start_operator):
    operator = start_operator(args=["--watch-namespace=a", "--watch-namespace=b", "--watch-namespace=a"])
    assert operator.process.wait(timeout=10) == 2
    assert '--watch-namespace names \\"a\\" twice' in operator.log.read_text()
