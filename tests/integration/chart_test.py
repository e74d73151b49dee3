"""The chart renders, with every Helm that is supported, and says the same as the plain files of manifests/ and crds/."""
import json
import pathlib
import re
import subprocess

import pytest
import yaml

from tests.support.cluster import cache

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "helm" / "cresset"
HELMS = ["3", "4"]
# What only an installer knows: written by the chart, absent from the plain files.
INSTALLER_LABELS = {"app.kubernetes.io/instance", "app.kubernetes.io/version", "app.kubernetes.io/managed-by"}


class KubernetesLoader(yaml.SafeLoader):
    """Reads 1e-08 as the number that Kubernetes reads; PyYAML follows YAML 1.1, where it is a string."""


KubernetesLoader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789"))


def helm(major, *args):
    return subprocess.run([cache() / "helm" / major / "helm", *map(str, args)], capture_output=True, text=True)


def rendered(major, *args):
    done = helm(major, "template", "cresset", CHART, "-n", "cresset-system", *args)
    assert done.returncode == 0, done.stderr
    return by_name(done.stdout)


def by_name(*texts):
    objects = (o for text in texts for o in yaml.load_all(text, KubernetesLoader))
    return {(o["kind"], o["metadata"]["name"]): o for o in objects if o}


def plain(value):
    """`value` without installer labels, and without a map of labels or annotations that has nothing else."""
    if isinstance(value, list):
        return [plain(v) for v in value]
    if not isinstance(value, dict):
        return value
    kept = {k: plain(v) for k, v in value.items() if k not in INSTALLER_LABELS and k != "helm.sh/resource-policy"}
    return {k: v for k, v in kept.items() if not (k in ("labels", "annotations") and v == {})}


def test_only_the_operator_may_write_the_status_of_our_kinds():
    """What a job believes of its own status rests on it (controllers/training_job/status.h)."""
    writers = {name for (kind, name), one in by_name((ROOT / "manifests" / "access.yaml").read_text()).items()
               if kind in ("ClusterRole", "Role") for rule in one["rules"]
               if any(r.endswith("/status") or r in ("*", "*/status") for r in rule["resources"])
               and set(rule["verbs"]) - {"get", "list", "watch"}}
    assert writers == {"cresset-operator"}


@pytest.mark.parametrize("major", HELMS)
def test_helm_lint_finds_nothing(major):
    done = helm(major, "lint", "--strict", CHART)
    assert done.returncode == 0, done.stdout + done.stderr


ALL_ON = ["--set", "monitoring.monitors=true,monitoring.rules=true,monitoring.dashboards=true,monitoring.labels.release=prom"]


@pytest.mark.parametrize("more", [[], ALL_ON], ids=["as it is", "with monitoring"])
def test_both_helms_render_the_same(more):
    assert rendered("3", *more) == rendered("4", *more)


def test_monitoring_is_the_plain_files_and_carries_the_labels_asked_for():
    chart = rendered("4", *ALL_ON)
    rules = chart["PrometheusRule", "cresset"]
    assert rules["spec"] == yaml.safe_load((ROOT / "helm/cresset/monitoring/alerts.yaml").read_text())
    for name in ("operator", "serving", "training"):
        board = chart["ConfigMap", f"cresset-dashboard-{name}"]["data"][f"{name}.json"]
        assert json.loads(board) == json.loads((ROOT / f"helm/cresset/monitoring/dashboards/{name}.json").read_text())
    monitors = [o for (kind, _), o in chart.items() if kind in ("ServiceMonitor", "PodMonitor")]
    assert len(monitors) == 4
    assert all(o["metadata"]["labels"]["release"] == "prom" for o in [*monitors, rules])


def test_the_plain_manifests_are_what_the_chart_renders():
    files = sorted(ROOT.glob("manifests/*.yaml")) + sorted(ROOT.glob("helm/cresset/schemas/*.yaml"))
    written = by_name(*(path.read_text() for path in files))
    namespace = written.pop(("Namespace", "cresset-system"))  # helm makes it by --create-namespace
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    chart = rendered("4")
    assert sorted(written) == sorted(chart)
    for name, obj in chart.items():
        expected = plain(obj)
        if obj["kind"] == "CustomResourceDefinition":
            expected["metadata"].pop("labels", None)
        assert plain(written[name]) == expected, name


def test_the_definitions_stay_when_the_release_goes():
    crds = [o for (kind, _), o in rendered("4").items() if kind == "CustomResourceDefinition"]
    assert len(crds) == 2
    assert all(o["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep" for o in crds)


@pytest.mark.parametrize("major", HELMS)
@pytest.mark.parametrize("setting, named", [
    ("gateway.replicas=none", "replicas"),
    ("gateway.replicas=-1", "replicas"),
    ("operator.logLevel=loud", "logLevel"),
    ("gateway.service.type=Ingress", "type"),
    ("images.pullPolicy=Sometimes", "pullPolicy"),
    ("gateway.bufferbytes=1", "bufferbytes"),
    ("gateway.maxRequestBytes=1073741824", "maxRequestBytes"),
    ("gateways.replicas=2", "gateways"),
])
def test_a_wrong_value_is_refused_by_name(major, setting, named):
    done = helm(major, "template", "cresset", CHART, "--set", setting)
    assert done.returncode != 0
    assert named in done.stderr
