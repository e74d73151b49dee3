"""The operators that ./dev bench operator holds ours against: JobSet, and Kubeflow Trainer above it.

Each is built from its Go module and given the pod that Cresset makes. Their webhooks are not installed, which
spares them calls: what these would fill in is written out.
"""
import copy
import json
import pathlib
import subprocess
import time

from contestants import Contestant, free_port, is_well
from plane import KUBE, Process, wait_until


class JobSet(Contestant):
    """sigs.k8s.io/jobset with a controller-manager that runs only the Job controller.

    https://jobset.sigs.k8s.io/docs/installation: its manager, client limits lifted.
    """

    name = "JobSet + Job controller"
    jobs = "jobset.x-k8s.io v1alpha2 jobsets"
    role = "worker"

    def __init__(self, plane, pod, program):
        super().__init__(plane)
        self._jobset = pathlib.Path(program)
        spec = copy.deepcopy(pod["spec"])
        for field in ("hostname", "subdomain"):
            spec.pop(field, None)
        self._template = {"metadata": {"labels": pod["metadata"]["labels"]}, "spec": spec}

    def spec(self, count):
        job = {"parallelism": count, "completions": count, "backoffLimit": 0, "completionMode": "Indexed",
               "template": self._template}
        return {"network": {"enableDNSHostnames": True, "publishNotReadyAddresses": True},
                "successPolicy": {"operator": "All"}, "startupPolicy": {"startupPolicyOrder": "AnyOrder"},
                "failurePolicy": {"maxRestarts": 3},
                "replicatedJobs": [{"name": self.role, "replicas": 1, "template": {"spec": job}}]}

    def job(self, namespace, name, count):
        return {"apiVersion": "jobset.x-k8s.io/v1alpha2", "kind": "JobSet",
                "metadata": {"name": name, "namespace": namespace}, "spec": self.spec(count)}

    def prepare(self):
        self.plane.apply(self._jobset.with_name("jobset.x-k8s.io_jobsets.yaml"))
        # Where a controller-runtime looks under TMPDIR when nothing names another place.
        self._certificates = self.plane.folder / "k8s-webhook-server" / "serving-certs"
        self._certificates.mkdir(parents=True)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-keyout", self._certificates / "tls.key",
                        "-out", self._certificates / "tls.crt"], check=True, capture_output=True)

    def start(self):
        self._health = []
        self.processes = (
            self.manager("jobset", self._jobset, "config.jobset.x-k8s.io/v1alpha1",
                         {"certDir": str(self._certificates)}, internalCertManagement={"enable": False}),
            Process("job-controller", [
                KUBE, "kube-controller-manager", f"--kubeconfig={self.plane.kubeconfig}",
                "--controllers=job-controller", "--secure-port=0", "--leader-elect=false",
                "--kube-api-qps=5000", "--kube-api-burst=10000"], self.plane.folder))

    def manager(self, name, program, api_version, webhook, **config):
        """A manager of controller-runtime; what both peers' files call alike is said here."""
        self._health.append(free_port())
        config = {"apiVersion": api_version, "kind": "Configuration", "leaderElection": {"leaderElect": False},
                  "clientConnection": {"qps": 5000, "burst": 10000}, "metrics": {"bindAddress": "0"},
                  "health": {"healthProbeBindAddress": f"127.0.0.1:{self._health[-1]}"},
                  "webhook": {"port": free_port(), "host": "127.0.0.1", **webhook}, **config}
        path = self.plane.folder / f"{name}.yaml"
        path.write_text(json.dumps(config))
        return Process(name, [program, f"--config={path}"], self.plane.folder,
                       env={"KUBECONFIG": str(self.plane.kubeconfig), "PATH": "/usr/bin",
                            "TMPDIR": str(self.plane.folder)})

    def wait_ready(self):
        wait_until(self._is_ready, f"{self.name} is ready")

    def _is_ready(self):
        for process in self.processes:
            process.check()
        return all(is_well(port) for port in self._health)

    def react(self, namespace, count):
        begun = self.fail_one(namespace)
        self.plane.wait_for_pods(namespace, count, "jobset.sigs.k8s.io/restart-attempt=1")
        return time.monotonic() - begun


class Trainer(JobSet):
    """github.com/kubeflow/trainer above a JobSet: each TrainJob becomes a ConfigMap with its runtime and a JobSet.

    Its manager with the file of manifests/base/manager, client limits lifted. That file's concurrency does not
    reach the TrainJob controller, which names no kind to controller-runtime: it works on one job at a time, there
    as here. Gang schedulers (PodGroup of scheduler-plugins and Volcano) are looked for once and not missed.

    `react` is JobSet's: the failurePolicy of the runtime's template is JobSet's own, and Trainer leaves a JobSet
    alone that exists and is not suspended (pkg/runtime/framework/plugins/jobset, Build). It only takes its counts
    over into the TrainJob's status, so the row tells what a user of Trainer waits for.
    """

    name = "Trainer + JobSet + Job controller"
    jobs = "trainer.kubeflow.org v1alpha1 trainjobs"
    runtime = "bench"
    # What its webhook asks of a runtime: this label, and a container of this name.
    role = "node"
    ancestor = {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}

    def __init__(self, plane, pod, jobset, program):
        super().__init__(plane, pod, jobset)
        self._trainer = pathlib.Path(program)
        self._template["spec"]["containers"][0]["name"] = self.role

    def training_runtime(self):
        spec = self.spec(1)  # numNodes takes the place of the count
        spec["replicatedJobs"][0]["template"]["metadata"] = {"labels": self.ancestor}
        return {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "ClusterTrainingRuntime",
                "metadata": {"name": self.runtime},
                "spec": {"mlPolicy": {"numNodes": 1}, "template": {"spec": spec}}}

    def job(self, namespace, name, count):
        reference = {"apiGroup": "trainer.kubeflow.org", "kind": "ClusterTrainingRuntime", "name": self.runtime}
        return {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob",
                "metadata": {"name": name, "namespace": namespace},
                "spec": {"runtimeRef": reference, "trainer": {"numNodes": count}}}

    def prepare(self):
        super().prepare()
        for kind in ("clustertrainingruntimes", "trainingruntimes", "trainjobs"):
            self.plane.apply(self._trainer.with_name(f"trainer.kubeflow.org_{kind}.yaml"))
        for resource in (JobSet.jobs, "trainer.kubeflow.org v1alpha1 trainingruntimes",
                         "trainer.kubeflow.org v1alpha1 clustertrainingruntimes"):
            self.wait_served(resource)
        self.plane.call("POST", "/apis/trainer.kubeflow.org/v1alpha1/clustertrainingruntimes",
                        self.training_runtime())

    def start(self):
        super().start()
        kinds = {"TrainJob": 5, "TrainingRuntime": 1, "ClusterTrainingRuntime": 1}
        self.processes += (self.manager(
            "trainer", self._trainer, "config.trainer.kubeflow.org/v1alpha1", {}, certManagement={"enable": False},
            controller={"groupKindConcurrency": {f"{kind}.trainer.kubeflow.org": n for kind, n in kinds.items()}}),)
