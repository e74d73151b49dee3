"""An API server that dies and comes back while the operator watches a thousand objects."""
import collections
import concurrent.futures
import datetime
import http.client
import json
import os
import pathlib
import signal
import subprocess
import urllib.parse

import pytest

from tests.support.api import Refused
from tests.integration.conftest import SYSTEM, plane_of_its_own
from tests.integration.training_job_test import job, wait_for_pods
from tests.support.cluster import BUILD, wait_until
from tests.support.operator import Operator

JOBS = 1000


@pytest.fixture
def cluster(tmp_path, crds):
    with plane_of_its_own(tmp_path / "plane", crds) as own:
        own.second = None
        yield own
        if own.second:
            own.second.kill()
            own.second.wait()


def begin_again(cluster, command):
    with open(cluster.folder / "second-apiserver.log", "w") as log:
        cluster.second = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)


def is_back(cluster, command):
    if cluster.second.poll() is not None:
        begin_again(cluster, command)
    return can_be_asked(cluster)


def restart_api_server(cluster):
    """Killed, and once it is gone started again as it was, until it can be asked; answers when it was started.
    A connection of anybody's may have been given its port meanwhile: then it ends by itself, and is started again as a kubelet would."""
    pid = cluster.pid("apiserver")
    command = pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_running(pid), "it is gone")
    when = datetime.datetime.now(datetime.timezone.utc)
    begin_again(cluster, command)
    wait_until(lambda: is_back(cluster, command), "it is back", 120)
    return when


def is_running(pid):
    stat = pathlib.Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def whole_lists(cluster, since):
    """When the operator was given all objects of a kind, by LIST or streamed, for each cache."""
    found = collections.defaultdict(dict)  # an open watch is told twice
    for line in (cluster.folder / "audit.log").read_text().splitlines():
        event = json.loads(line)
        begun = datetime.datetime.fromisoformat(event["requestReceivedTimestamp"].replace("Z", "+00:00"))
        query = urllib.parse.parse_qs(urllib.parse.urlparse(event["requestURI"]).query)
        whole = event["verb"] == "list" and "fieldSelector" not in query or "sendInitialEvents" in query
        if (whole and begun > since and event["user"]["username"].endswith(":operator")
                and event.get("responseStatus", {}).get("code") == 200):
            cache = (event["objectRef"]["resource"], *query.get("labelSelector", []))  # both controllers watch pods
            found[cache][event["auditID"]] = begun
    return found


def versions(cluster):
    return {item["metadata"]["name"]: item["metadata"]["resourceVersion"]
            for item in cluster.list("trainingjobs", "many")}


def all_suspended(cluster):
    jobs = cluster.list("trainingjobs", "many")
    return len(jobs) == JOBS and all(item.get("status", {}).get("state") == "Suspended" for item in jobs)


def can_be_asked(cluster):
    try:
        return cluster.list("trainingjobs", "default") == []
    except (Refused, OSError, http.client.HTTPException):
        return False


def test_of_each_kind_all_is_asked_for_once_at_different_times_and_nothing_is_written(cluster, tmp_path):
    cluster.create_namespace("many")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: cluster.api.create("trainingjobs", "many", job(f"digits-{n}", suspend=True)), range(JOBS)))
    operator = Operator(BUILD / "operator" / "cresset", tmp_path / "operator.log",
                        cluster.account_kubeconfig("operator", SYSTEM), SYSTEM)
    try:
        wait_until(lambda: all_suspended(cluster), "all are looked at", 120)
        before = versions(cluster)
        caches = whole_lists(cluster, datetime.datetime.fromtimestamp(0, datetime.timezone.utc)).keys()
        assert {cache[0] for cache in caches} >= {"trainingjobs", "modelservices", "pods", "services", "deployments"}
        when = restart_api_server(cluster)
        cluster.apply({**job("after"), "metadata": {"name": "after", "namespace": "default"}})
        wait_for_pods(cluster, "default", 2, "after")
        wait_until(operator.ready, "the operator is ready again", 60)
        assert versions(cluster) == before
        lists = whole_lists(cluster, when)
        counts = {cache: len(times) for cache, times in lists.items()}
        assert counts.keys() <= caches and set(counts.values()) <= {1}, counts
        times = sorted(time for of_one in lists.values() for time in of_one.values())
        assert len(times) < 4 or (times[-1] - times[0]).total_seconds() > 0.1, times  # two may coincide by chance
    finally:
        operator.kill()
