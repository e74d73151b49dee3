"""How a job ends through the real operator and a real API server: its deadlines, and what stays of it."""
import pytest

from tests.support.cluster import wait_until
from tests.integration.failure_rules_test import begin, wait_for_failure
from tests.integration.hardship.meddling_test import end
from tests.integration.training_job_test import pods_of, submit, wait_for_pods, wait_until_quiet


@pytest.mark.parametrize("policy, stay", [("None", {"digits-0", "digits-1"}), ("Running", {"digits-1"}), ("All", set())])
def test_the_clean_up_policy_says_which_pods_stay(cluster, running_operator, namespace, policy, stay):
    begin(cluster, namespace, {"maxRestarts": 0}, cleanUpPolicy=policy)
    end(cluster, namespace, "digits-1", 3, "Error")
    assert "worker 1 (pod digits-1) ended with exit code 3" in wait_for_failure(cluster, namespace)["message"]
    wait_until_quiet(cluster, namespace)
    assert {pod["metadata"]["name"] for pod in pods_of(cluster, namespace) if "deletionTimestamp" not in pod["metadata"]} == stay


def test_a_job_whose_workers_do_not_run_in_time_fails_with_the_schedulers_words(cluster, running_operator, namespace):
    submit(cluster, namespace, pendingDeadlineSeconds=4)
    wait_for_pods(cluster, namespace, 2)
    cluster.set_status("pod", "digits-0", {"phase": "Pending", "conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no GPU is free"}]}, namespace)
    failed = wait_for_failure(cluster, namespace)
    assert failed["reason"] == "PendingDeadlineExceeded"
    assert failed["message"] == "not all workers ran within spec.pendingDeadlineSeconds = 4: worker 0: no GPU is free"


def test_a_job_that_failed_lives_as_long_as_failed_ones_do(cluster, running_operator, namespace):
    begin(cluster, namespace, {"maxRestarts": 0}, ttlSecondsAfterFinished=3600, ttlSecondsAfterFailed=0)
    end(cluster, namespace, "digits-1", 3, "Error")
    wait_until(lambda: cluster.get("trainingjob", "digits", namespace) is None, "it is gone")
