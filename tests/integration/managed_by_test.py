"""A TrainingJob that spec.managedBy gives to another controller, through the real operator and a real API server."""
import pytest

from tests.support.cluster import wait_until
from tests.integration.training_job_test import submit, wait_for_pods, wait_until_quiet

MULTIKUEUE = "kueue.x-k8s.io/multikueue"


def belongings(cluster, namespace, name):
    return [thing["metadata"]["name"] for kind in ("pods", "services", "networkpolicies")
            for thing in cluster.list(kind, namespace, f"cresset.dev/training-job={name}")]


@pytest.mark.parametrize("suspend", [False, True])
def test_of_another_controllers_job_nothing_is_made_and_its_status_stays(cluster, running_operator, namespace, suspend):
    submit(cluster, namespace, name="theirs", managedBy=MULTIKUEUE, suspend=suspend)
    submit(cluster, namespace, name="ours", managedBy="cresset.dev/training-job-controller")
    wait_for_pods(cluster, namespace, 2, name="ours")
    cluster.set_status("trainingjob", "theirs", {"state": "Running", "step": 7, "round": 3, "observedGeneration": 99}, namespace)
    before = cluster.get("trainingjob", "theirs", namespace)
    cluster.kubectl("patch", "trainingjob", "ours", "-n", namespace, "--type=merge", "-p", '{"spec": {"workers": {"count": 3}}}')
    wait_for_pods(cluster, namespace, 3, name="ours")
    wait_until_quiet(cluster, namespace)
    assert cluster.get("trainingjob", "theirs", namespace) == before
    assert not belongings(cluster, namespace, "theirs")
    cluster.kubectl("patch", "trainingjob", "theirs", "-n", namespace, "--type=merge", "-p",
                    '{"spec": {"suspend": %s}}' % str(not suspend).lower())
    wait_until_quiet(cluster, namespace)
    assert not belongings(cluster, namespace, "theirs")
    assert cluster.get("trainingjob", "theirs", namespace)["status"] == before["status"]


def test_a_job_of_another_controller_goes_when_it_is_deleted(cluster, running_operator, namespace):
    submit(cluster, namespace, name="theirs", managedBy=MULTIKUEUE)
    cluster.kubectl("delete", "trainingjob", "theirs", "-n", namespace, "--wait=false")
    wait_until(lambda: cluster.get("trainingjob", "theirs", namespace) is None, "it is gone")
