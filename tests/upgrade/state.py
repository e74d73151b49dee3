"""The state that a release of the operator leaves behind: jobs and services in every stage of their lives, as etcd holds them.

It is kept as etcd's own files, because identities, versions and managers of fields are the state, and no API gives them back.
"""
import os
import pathlib
import shutil
import signal
import tarfile
import tempfile

from tests.integration.conftest import SYSTEM, plane_of_its_own
from tests.integration.hardship.hardship_test import end_pod, run_pods, wait_for_round
from tests.integration.model_service_test import make_ready, submit as submit_service, wait_for_reason, wait_for_replicas
from tests.integration.training_job_test import conditions, submit, wait_for_pods, wait_until_quiet
from tests.support.cluster import BUILD, wait_until
from tests.support.operator import Operator

STATES = pathlib.Path(__file__).resolve().parent / "states"


def is_in(cluster, namespace, state):
    wait_until(lambda: conditions(cluster, namespace).get(state, {}).get("status") == "True", f"{namespace} is {state}")


def run_job(cluster, namespace, **spec):
    submit(cluster, namespace, **spec)
    wait_for_pods(cluster, namespace, 2)
    run_pods(cluster, namespace)
    wait_for_round(cluster, namespace, 1)


def job_restarted(cluster, namespace):
    run_job(cluster, namespace)
    end_pod(cluster, namespace, "digits-1", 137)
    wait_until(lambda: cluster.get("pod", "digits-1-r1", namespace), "the dead worker is replaced")
    run_pods(cluster, namespace)
    wait_for_round(cluster, namespace, 2)


def job_complete(cluster, namespace):
    run_job(cluster, namespace)
    end_pod(cluster, namespace, "digits-0", 0)  # the one that says what was written
    is_in(cluster, namespace, "Complete")


def job_failed(cluster, namespace):
    run_job(cluster, namespace, failurePolicy={"maxRestarts": 0})
    end_pod(cluster, namespace, "digits-1", 1)
    is_in(cluster, namespace, "Failed")


def job_suspended(cluster, namespace):
    submit(cluster, namespace, suspend=True)
    is_in(cluster, namespace, "Suspended")


def service_serving(cluster, namespace, **spec):
    submit_service(cluster, namespace, **spec)
    wait_for_replicas(cluster, namespace, spec.get("replicas", 1))
    make_ready(cluster, namespace)
    wait_for_reason(cluster, namespace, "Serving")


def service_of_a_job(cluster, namespace):
    job_complete(cluster, namespace)
    cluster.apply({"apiVersion": "cresset.dev/v1alpha1", "kind": "ModelService",
                   "metadata": {"name": "digits", "namespace": namespace}, "spec": {"model": {"trainingJob": "digits"}}})
    wait_for_replicas(cluster, namespace, 1)
    make_ready(cluster, namespace)
    wait_for_reason(cluster, namespace, "Serving")


# By namespace; each leaves one object of ours named digits, or two.
STAGES = {
    "job-starting": lambda cluster, ns: (submit(cluster, ns), wait_for_pods(cluster, ns, 2)),
    "job-running": run_job,
    "job-restarted": job_restarted,
    "job-complete": job_complete,
    "job-failed": job_failed,
    "job-suspended": job_suspended,
    "service-starting": lambda cluster, ns: (submit_service(cluster, ns), wait_for_replicas(cluster, ns, 1)),
    "service-serving": lambda cluster, ns: service_serving(cluster, ns, replicas=2, access={"mode": "Open"}),
    "service-scaled": lambda cluster, ns: service_serving(
        cluster, ns, scaling={"min": 1, "max": 3, "target": {"concurrency": 2}}),
    "service-of-a-job": service_of_a_job,
}


def keep(target, crds, say=print):
    """Lets this build's operator make every stage, and packs what etcd holds then into `target`."""
    with tempfile.TemporaryDirectory(prefix="cresset-state-") as folder, plane_of_its_own(
            pathlib.Path(folder) / "plane", crds) as cluster:
        operator = Operator(BUILD / "operator" / "cresset", pathlib.Path(folder) / "operator.log",
                            cluster.account_kubeconfig("operator", SYSTEM), SYSTEM)
        try:
            wait_until(operator.ready, "the operator is ready", 60)
            for namespace, make in STAGES.items():
                cluster.create_namespace(namespace)
                make(cluster, namespace)
                wait_until_quiet(cluster, namespace)
                say(f"  {namespace}")
        finally:
            operator.terminate()
        end(cluster.pid("apiserver"), signal.SIGKILL)  # it would wait for open watches
        end(cluster.pid("etcd"), signal.SIGTERM)
        pack(cluster.folder / "etcd", target)


def end(pid, how):
    os.kill(pid, how)

    def is_gone():
        stat = pathlib.Path(f"/proc/{pid}/stat")
        return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z"
    wait_until(is_gone, f"{pid} is gone")


def pack(folder, target):
    """etcd's files without those that it only keeps ready for later."""
    def wanted(entry):
        return None if entry.name.endswith(".tmp") else entry
    with tarfile.open(target, "w:xz") as archive:
        archive.add(folder, arcname="etcd", filter=wanted)


def unpack(state, folder):
    """Puts it where a control plane in `folder` looks for its etcd."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tarfile.open(state) as archive:
        archive.extractall(folder)  # ours
