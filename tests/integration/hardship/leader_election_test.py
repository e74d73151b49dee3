"""One of two operators leads; the other is warm, writes nothing, says where the leader is, and takes over."""
import json
import os
import signal
import ssl
import time
import urllib.error
import urllib.request

import pytest

from tests.support.cluster import wait_until
from tests.integration.training_job_test import submit, wait_for_pods

SYSTEM = "cresset-system"
LEASE_SECONDS = 3


@pytest.fixture
def pair(cluster, start_operator):
    """(leader, standby), both ready, with a short lease."""
    def start(name):
        operator = start_operator(args=[f"--lease-seconds={LEASE_SECONDS}"], name=name)
        wait_until(operator.ready, f"{name} is ready; {operator.log}")
        return operator

    first = start("operator-0")  # whoever held the lease before had this name: no wait
    wait_until(lambda: leads(first), "the first leads")
    return first, start("operator-1")


def leads(operator):
    return operator.metric("leader_election_master_status") == 1


def holder(cluster):
    return cluster.get("lease", "cresset-operator", SYSTEM)["spec"]["holderIdentity"]


def ask(operator):
    """Status and body of a request for what only the leader serves."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # which certificate is not the question
    request = urllib.request.Request(f"https://127.0.0.1:{operator.coordination_port}/v1/load", b"{}", method="POST")
    try:
        with urllib.request.urlopen(request, timeout=5, context=context) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def seconds_until(ready, what, most):
    begun = time.monotonic()
    wait_until(ready, what, most)
    return time.monotonic() - begun


def test_a_standby_is_ready_writes_nothing_and_tells_where_the_leader_is(pair, cluster):
    leader, standby = pair
    assert holder(cluster) == "operator-0"
    assert not leads(standby)
    assert ask(standby) == (503, {"error": "this replica is not the leader",
                                  "leader": f"https://127.0.0.1:{leader.coordination_port}"})
    assert ask(leader)[0] == 401, "the leader asks for a token"
    written = sum(standby.metric("rest_client_requests_total", method=method) for method in ("PATCH", "PUT", "DELETE"))
    assert written == 0


def test_a_leader_that_was_killed_is_replaced_after_its_lease_and_nothing_is_made_twice(pair, cluster, namespace):
    leader, standby = pair
    submit(cluster, namespace)
    before = {pod["metadata"]["uid"] for pod in wait_for_pods(cluster, namespace, 2)}
    leader.kill()
    assert seconds_until(lambda: leads(standby), "the standby leads", 15) < LEASE_SECONDS + 2
    submit(cluster, namespace, name="later")
    wait_for_pods(cluster, namespace, 2, name="later")
    assert {pod["metadata"]["uid"] for pod in wait_for_pods(cluster, namespace, 2)} == before
    assert holder(cluster) == "operator-1"


def test_a_leader_that_is_told_to_stop_hands_over_at_once(pair, cluster):
    leader, standby = pair
    code, _ = leader.terminate()
    assert code == 0
    assert seconds_until(lambda: leads(standby), "the standby leads", 10) < 2
    assert "the lease is given up" in leader.log.read_text()


def test_a_leader_that_was_frozen_past_its_lease_ends_at_once_when_it_wakes(pair):
    leader, standby = pair
    leader.process.send_signal(signal.SIGSTOP)
    try:
        wait_until(lambda: leads(standby), "the standby leads", 15)
    finally:
        leader.process.send_signal(signal.SIGCONT)
    assert leader.process.wait(timeout=10) == 1
    assert "the lease is lost" in leader.log.read_text()


def test_a_leader_that_reaches_no_api_server_ends_before_its_lease_does(pair, cluster):
    leader, _ = pair
    apiserver = cluster.pid("apiserver")
    begun = time.monotonic()
    os.kill(apiserver, signal.SIGSTOP)
    try:
        assert leader.process.wait(timeout=LEASE_SECONDS + 5) == 1
        took = time.monotonic() - begun
    finally:
        os.kill(apiserver, signal.SIGCONT)
    assert took <= LEASE_SECONDS
    wait_until(lambda: cluster.kubectl("get", "--raw", "/readyz") == "ok", "the API server answers again", 60)
