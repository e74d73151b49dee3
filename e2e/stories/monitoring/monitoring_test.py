"""A real Prometheus finds what the chart's monitors name, and every panel's and every alert's query says something,
and so does what stock boards of controller-runtime ask."""
import json
import pathlib
import subprocess
import threading
import urllib.parse
import urllib.request

import numpy
import pytest
import tritonclient.http
import yaml

from support import points
from support.kube import CLUSTER, CommandFailed, Reached, is_true, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[3]
BOARDS = sorted((ROOT / "helm/cresset/monitoring" / "dashboards").glob("*.json"))
ALERTS = ROOT / "helm/cresset/monitoring" / "alerts.yaml"
ADDRESS = "127.0.0.1:9099"  # in the cluster's network
SERVICE = """
apiVersion: cresset.dev/v1alpha1
kind: ModelService
metadata: {name: points}
spec:
  model: {trainingJob: points}
  storage: {secretRef: {name: s3}, endpoint: "http://s3:7070"}
  resources: {requests: {cpu: 100m, memory: 256Mi}}
"""


def monitors():
    """The ServiceMonitors and PodMonitors of the chart."""
    done = subprocess.run([ROOT / "dev", "helm", "template", "cresset", ROOT / "helm" / "cresset", "-n", "cresset-system",
                           "--set", "monitoring.monitors=true", "--show-only", "templates/monitoring.yaml"],
                          capture_output=True, text=True, check=True)
    return list(yaml.safe_load_all(done.stdout))


def keep(label, value):
    return {"action": "keep", "source_labels": [label], "regex": value}


def meta(kind, label):
    return f"__meta_kubernetes_{kind}_" + "".join(c if c.isalnum() else "_" for c in label)


def scrape_config(monitor, folder):
    """What the Prometheus operator makes of a monitor, as far as ours go."""
    of_service = monitor["kind"] == "ServiceMonitor"
    spec, kind = monitor["spec"], "service" if of_service else "pod"
    endpoint = spec["endpoints" if of_service else "podMetricsEndpoints"][0]
    selector = spec["selector"]
    relabel = [keep(meta(kind, f"label_{k}"), v) for k, v in selector.get("matchLabels", {}).items()]
    relabel += [keep(meta(kind, f"labelpresent_{e['key']}"), "true") for e in selector.get("matchExpressions", [])]
    if not spec.get("namespaceSelector", {}).get("any"):
        relabel.append(keep("__meta_kubernetes_namespace", monitor["metadata"]["namespace"]))
    port = "endpoint_port_name" if of_service else "pod_container_port_name"
    relabel += [keep(f"__meta_kubernetes_{port}", endpoint["port"]),
                {"source_labels": ["__meta_kubernetes_namespace"], "target_label": "namespace"},
                {"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "pod"}]
    if of_service:
        relabel += [{"source_labels": ["__meta_kubernetes_service_name"], "target_label": name} for name in ("service", "job")]
    for rule in endpoint.get("relabelings", []):
        relabel.append({"source_labels": rule["sourceLabels"], "target_label": rule["targetLabel"]})
    found = folder / ("endpoints.json" if of_service else "pods.json")
    return {"job_name": monitor["metadata"]["name"], "honor_labels": endpoint.get("honorLabels", False),
            "file_sd_configs": [{"files": [str(found)], "refresh_interval": "1s"}], "relabel_configs": relabel}


def labels_of(kind, thing):
    labels = thing["metadata"].get("labels", {})
    return {**{meta(kind, f"label_{k}"): v for k, v in labels.items()},
            **{meta(kind, f"labelpresent_{k}"): "true" for k in labels}}


class Discovery(threading.Thread):
    """Debian's Prometheus is built without kubernetes_sd: this tells it the same labels of every endpoint and pod."""

    def __init__(self, kube, folder):
        super().__init__(daemon=True)
        self.kube, self.folder, self.over = kube, folder, threading.Event()

    def run(self):
        while not self.over.wait(1):
            try:
                self.write("endpoints.json", list(self.endpoints()))
                self.write("pods.json", list(self.pods()))
            except CommandFailed:
                continue  # what was found before still holds

    def write(self, name, targets):
        (self.folder / (name + ".new")).write_text(json.dumps(targets))
        (self.folder / (name + ".new")).rename(self.folder / name)

    def endpoints(self):
        slices = self.kube.get("endpointslices", all_namespaces=True)
        services = {(s["metadata"]["namespace"], s["metadata"]["name"]): s for s in self.kube.get("services", all_namespaces=True)}
        for piece in slices:
            namespace, name = piece["metadata"]["namespace"], piece["metadata"]["labels"].get("kubernetes.io/service-name")
            # A slice may outlive its Service for a moment.
            for endpoint in (piece.get("endpoints") or []) if (namespace, name) in services else []:
                for port in piece["ports"]:
                    yield {"targets": [f"{endpoint['addresses'][0]}:{port['port']}"],
                           "labels": {**labels_of("service", services[namespace, name]), "__meta_kubernetes_namespace": namespace,
                                      "__meta_kubernetes_service_name": name,
                                      "__meta_kubernetes_pod_name": endpoint.get("targetRef", {}).get("name", ""),
                                      "__meta_kubernetes_endpoint_port_name": port.get("name", "")}}

    def pods(self):
        for pod in self.kube.get("pods", all_namespaces=True):
            for container in pod["spec"]["containers"] if pod["status"].get("podIP") and pod["status"]["phase"] == "Running" else []:
                for port in container.get("ports", []):
                    yield {"targets": [f"{pod['status']['podIP']}:{port['containerPort']}"],
                           "labels": {**labels_of("pod", pod), "__meta_kubernetes_namespace": pod["metadata"]["namespace"],
                                      "__meta_kubernetes_pod_name": pod["metadata"]["name"],
                                      "__meta_kubernetes_pod_container_port_name": port.get("name", "")}}


class Prometheus:
    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}/api/v1"

    def get(self, path, **query):
        with urllib.request.urlopen(f"{self.url}/{path}?{urllib.parse.urlencode(query)}", timeout=10) as answer:
            found = json.load(answer)
        assert found["status"] == "success", found
        return found["data"]

    def query(self, expression):
        return self.get("query", query=expression)["result"]


@pytest.fixture(scope="module")
def prometheus(kube, tmp_path_factory):
    """Debian's Prometheus in the cluster's network, with a scrape a second and the chart's monitors and alerts."""
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "prometheus.yaml").write_text(yaml.safe_dump({
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": [str(ALERTS)],
        "scrape_configs": [scrape_config(monitor, folder) for monitor in monitors()]}))
    with open(folder / "log", "w") as log:
        process = subprocess.Popen([CLUSTER, "exec", "prometheus", f"--config.file={folder}/prometheus.yaml",
                                    f"--storage.tsdb.path={folder}/data", f"--web.listen-address={ADDRESS}", "--web.enable-lifecycle"],
                                   stdout=log, stderr=subprocess.STDOUT)
    discovery = Discovery(kube, folder)
    discovery.start()
    try:
        with Reached(ADDRESS) as port:
            yield Prometheus(port)
            urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/-/quit", method="POST"), timeout=10)
    finally:
        discovery.over.set()
        discovery.join()
        # The process of `exec` is only its parent, so it is asked; a test run that was cut off leaves it to `./dev down`.
        process.wait(timeout=20)


@pytest.fixture(scope="module")
def space(kube, s3_image, gateway, prometheus):
    """A job that trained until Prometheus had seen it twice, however fast the machine, another that made a model, and
    its service after a hundred requests."""
    with points.namespace(kube, "story-monitoring", s3_image) as space:
        space.apply(points.JOB.replace("EPOCHS", "1000000").replace("name: points", "name: endless"))
        wait_for("a second scrape of the training's steps", lambda: any(
            int(s["value"][1]) > 1 for s in prometheus.query("count_over_time(cresset_training_loss[5m])")), 90,
            explain=lambda: [(t["scrapePool"], t["scrapeUrl"], t["lastError"]) for t in prometheus.get("targets")["activeTargets"]])
        space.run("delete", "trainingjob", "endless", "--wait=true")
        space.apply(points.JOB.replace("EPOCHS", "50"))
        wait_for("the job's end", lambda: is_true(space.get("trainingjob", "points"), "Complete"), 240)
        space.apply(SERVICE)
        wait_for("the service", lambda: is_true(space.get("modelservice", "points"), "Ready"), 90)
        client = tritonclient.http.InferenceServerClient(f"{gateway.split('://')[1]}/story-monitoring/points")
        request = tritonclient.http.InferInput("input", [1, 2], "FP32")
        headers = {"Authorization": f"Bearer {space.token()}"}
        request.set_data_from_numpy(numpy.zeros((1, 2), dtype=numpy.float32))
        seen = 'count_over_time(%s{namespace="story-monitoring"}[5m]) > 3'  # scrapes, of the gateway and of the replica
        while not all(prometheus.query(seen % name) for name in ("cresset_gateway_requests_total", "cresset_serve_batch_rows_sum")):
            for _ in range(50):
                client.infer("points", [request], headers=dict(headers))  # the client adds its own to it
        yield space


def panels():
    for path in BOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            yield pytest.param(panel, id=f"{path.stem}: {panel['title']}")


def test_operator_gateway_and_replicas_are_found_and_all_answer(prometheus, space):
    """The trainer is over by now; that it was found is what the boards of training show."""
    def health():
        found = {}
        for target in prometheus.get("targets")["activeTargets"]:
            found.setdefault(target["scrapePool"], []).append(target["health"])
        return found if "cresset-replicas" in found and "unknown" not in sum(found.values(), []) else None
    found = wait_for("a scrape of every target", health, 30)
    assert found["cresset-operator"] == ["up", "up"]
    assert found["cresset-gateway"] == ["up", "up"]
    assert set(found["cresset-replicas"]) == {"up"}


@pytest.mark.parametrize("panel", panels())
def test_a_panel_shows_data(prometheus, space, panel):
    for target in panel["targets"]:
        # Over the last minutes, so that a job that is over still shows.
        result = prometheus.query(f"last_over_time(({target['expr']})[5m:1s])")
        assert result, target["expr"]
        assert all(sample["value"][1] != "NaN" for sample in result) or "quantile" in target["expr"] or "/" in target["expr"]


OPERATOR = '{job="cresset-operator", namespace="cresset-system"}'  # what the stock boards' variables become


def rates(metric, *by):
    return f"sum by (instance, {', '.join(by)}) (rate({metric}{OPERATOR}[5m]))"


# What the two boards ask that kubebuilder's plugin `grafana` writes for any operator on controller-runtime.
STOCK = [
    f"controller_runtime_active_workers{OPERATOR}",
    rates("controller_runtime_reconcile_total", "pod"), rates("controller_runtime_reconcile_errors_total", "pod"),
    f"workqueue_depth{OPERATOR}", rates("workqueue_adds_total", "name"), rates("workqueue_retries_total", "name"),
    f"rate(workqueue_unfinished_work_seconds{OPERATOR}[5m])",
    *(f"histogram_quantile({quantile}, {rates(f'workqueue_{what}_duration_seconds_bucket', 'name', 'le')})"
      for what in ("queue", "work") for quantile in (0.5, 0.9, 0.99)),
    f"rate(process_cpu_seconds_total{OPERATOR}[5m]) * 100", f"process_resident_memory_bytes{OPERATOR}"]


@pytest.mark.parametrize("query", STOCK)
def test_a_stock_board_of_controller_runtime_shows_data(prometheus, space, query):
    """Errors and retries too: what never happened is a zero, not a gap."""
    result = prometheus.query(query)
    # A queue through which nothing went of late has no quantile, and those of the standby are such.
    assert any(sample["value"][1] != "NaN" for sample in result), result


def test_every_alert_is_evaluated_and_none_fires_without_a_reason(prometheus, space):
    rules = [r for group in prometheus.get("rules")["groups"] for r in group["rules"]]
    wanted = [r["alert"] for group in yaml.safe_load(ALERTS.read_text())["groups"] for r in group["rules"]]
    assert sorted(r["name"] for r in rules) == sorted(wanted)
    assert [(r["name"], r["lastError"]) for r in rules if r["health"] != "ok"] == []
    assert [r["name"] for r in rules if r["state"] == "firing"] == []


def test_promtool_finds_nothing_wrong_with_the_alerts():
    done = subprocess.run(["promtool", "check", "rules", str(ALERTS)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
