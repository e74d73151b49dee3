"""The chart renders, with every Helm that is supported, and says the same as the plain files of manifests/."""
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
PARTS = ("operator", "gateway")
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
NAMED = ["--set", "namespaces={team-a,team-b}"]


@pytest.mark.parametrize("more", [[], ALL_ON, NAMED], ids=["as it is", "with monitoring", "in named namespaces"])
def test_both_helms_render_the_same(more):
    assert rendered("3", *more) == rendered("4", *more)


PROXY = ["--set", "operator.env[0].name=HTTPS_PROXY,operator.env[0].value=http://proxy:3128,gateway.env[0].name=NO_PROXY,gateway.env[0].value=.svc"]


@pytest.mark.parametrize("major", HELMS)
def test_what_an_installer_adds_to_the_environment_is_there_beside_ours(major):
    for part, name, value in (("operator", "HTTPS_PROXY", "http://proxy:3128"), ("gateway", "NO_PROXY", ".svc")):
        before, after = (rendered(major, *more)["Deployment", f"cresset-{part}"]["spec"]["template"]["spec"]["containers"][0]["env"]
                         for more in ([], PROXY))
        assert after == before + [{"name": name, "value": value}]
    assert helm(major, "template", "cresset", CHART, "--set", "operator.env[0].value=x").returncode != 0, "it has no name"


ITEMS = [{"key": "company.pem", "path": "ca.crt"}]


@pytest.mark.parametrize("major", HELMS)
@pytest.mark.parametrize("kind, volume", [("configMapKeyRef", {"configMap": {"name": "company", "items": ITEMS}}),
                                          ("secretKeyRef", {"secret": {"secretName": "company", "items": ITEMS}})])
def test_extra_cas_are_mounted_read_only_as_the_file_that_operator_and_gateway_are_told(major, kind, volume):
    before, after = rendered(major), rendered(major, "--set", f"extraCAs.{kind}.name=company,extraCAs.{kind}.key=company.pem")
    for part in PARTS:
        was, now = (chart["Deployment", f"cresset-{part}"]["spec"]["template"]["spec"] for chart in (before, after))
        (container_was,), (container,) = was["containers"], now["containers"]
        assert container["args"] == [*container_was["args"], "--extra-ca-file=/etc/cresset/extra-cas/ca.crt"]
        mount = {"name": "extra-cas", "mountPath": "/etc/cresset/extra-cas", "readOnly": True}
        assert container["volumeMounts"] == [*container_was.get("volumeMounts", []), mount]
        assert now["volumes"] == [*was.get("volumes", []), {"name": "extra-cas", **volume}]


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


@pytest.mark.parametrize("part", ["operator", "gateway"])
def test_of_two_replicas_on_different_nodes_one_may_be_away(part):
    chart = rendered("4")
    budget, deployment = chart["PodDisruptionBudget", f"cresset-{part}"]["spec"], chart["Deployment", f"cresset-{part}"]["spec"]
    assert (deployment["replicas"], budget["maxUnavailable"]) == (2, 1) and budget["selector"] == deployment["selector"]
    (spread,) = deployment["template"]["spec"]["topologySpreadConstraints"]
    assert (spread["topologyKey"], spread["whenUnsatisfiable"]) == ("kubernetes.io/hostname", "ScheduleAnyway")
    assert spread["labelSelector"] == deployment["selector"]


def test_the_definitions_stay_when_the_release_goes():
    crds = [o for (kind, _), o in rendered("4").items() if kind == "CustomResourceDefinition"]
    assert len(crds) == 2
    assert all(o["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep" for o in crds)


def of_kind(kind, *args):
    """Every object of this kind, also those of one name in several namespaces."""
    done = helm("4", "template", "cresset", CHART, "-n", "cresset-system", *args)
    assert done.returncode == 0, done.stderr
    return [o for o in yaml.load_all(done.stdout, KubernetesLoader) if o and o["kind"] == kind]


def rules_of(*roles):
    return [rule for role in roles for rule in role["rules"]]


def test_for_named_namespaces_the_only_cluster_right_is_to_create_token_reviews():
    (role,), (binding,) = of_kind("ClusterRole", *NAMED), of_kind("ClusterRoleBinding", *NAMED)
    assert role["rules"] == [{"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]}]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert [s["name"] for s in binding["subjects"]] == ["cresset-operator", "cresset-gateway"]


def test_for_named_namespaces_the_roles_in_each_and_in_the_releases_own_say_what_the_cluster_roles_say():
    cluster = {role["metadata"]["name"]: role for role in of_kind("ClusterRole")}
    roles = {(role["metadata"]["namespace"], role["metadata"]["name"]): role for role in of_kind("Role", *NAMED)}
    bindings = {(b["metadata"]["namespace"], b["metadata"]["name"]): b for b in of_kind("RoleBinding", *NAMED)}
    assert sorted({namespace for namespace, _ in roles}) == ["cresset-system", "team-a", "team-b"]
    reviews = rules_of(*of_kind("ClusterRole", *NAMED))
    for namespace in ("team-a", "team-b"):
        seen = [{"apiGroups": [""], "resources": ["namespaces"], "resourceNames": [namespace], "verbs": ["get"]}]
        for account in ("cresset-operator", "cresset-gateway"):
            name = namespace, f"{account}-watched"
            assert rules_of(roles[name]) == [r for r in rules_of(cluster[account]) if r not in reviews] + seen
            assert bindings[name]["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name[1]}
            assert bindings[name]["subjects"] == [{"kind": "ServiceAccount", "name": account, "namespace": "cresset-system"}]
        view, edit = cluster["cresset-view"], cluster["cresset-edit"]
        assert rules_of(roles[namespace, "cresset-view"]) == rules_of(view)
        assert rules_of(roles[namespace, "cresset-edit"]) == rules_of(view, edit)
    assert rules_of(roles["cresset-system", "cresset-operator"]) == rules_of(*of_kind("Role"))
    assert len(roles) == 10 and len(bindings) == 6


def test_the_release_may_work_in_its_own_namespace_too():
    roles = [(o["metadata"]["namespace"], o["metadata"]["name"]) for o in of_kind("Role", "--set", "namespaces={cresset-system}")]
    assert len(roles) == len(set(roles)) == 6


def test_operator_gateway_and_monitors_are_told_the_namespaces_and_the_admission_policy_holds_everywhere():
    chart, everywhere = rendered("4", *ALL_ON, *NAMED), rendered("4", *ALL_ON)
    for name in ("cresset-operator", "cresset-gateway"):
        here, there = (c["Deployment", name]["spec"]["template"]["spec"]["containers"][0]["args"] for c in (chart, everywhere))
        assert here == [*there, "--watch-namespace=team-a", "--watch-namespace=team-b"]
    for name in ("cresset-replicas", "cresset-workers"):
        assert chart["PodMonitor", name]["spec"]["namespaceSelector"] == {"matchNames": ["team-a", "team-b"]}
        assert everywhere["PodMonitor", name]["spec"]["namespaceSelector"] == {"any": True}
    for kind in ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"):
        assert chart[kind, "cresset-authors"] == everywhere[kind, "cresset-authors"]
    off = rendered("4", *NAMED, "--set", "admissionPolicy.enabled=false")
    assert not [kind for kind, _ in off if kind.startswith("ValidatingAdmission")]


def tcp(*ports):
    return [{"port": port, "protocol": "TCP"} for port in ports]


@pytest.mark.parametrize("part", PARTS)
def test_a_policy_holds_its_pods_alone_and_lets_in_at_the_ports_that_they_listen_at(part):
    chart = rendered("4")
    deployment, policy = (chart[kind, f"cresset-{part}"]["spec"] for kind in ("Deployment", "NetworkPolicy"))
    (container,) = deployment["template"]["spec"]["containers"]
    assert policy["podSelector"] == deployment["selector"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    # Without a from: the kubelet's probes come from the node, whose address no selector names.
    assert policy["ingress"] == [{"ports": tcp(*(port["containerPort"] for port in container["ports"]))}]
    names = {port["name"] for port in container["ports"]}
    assert {container[probe]["httpGet"]["port"] for probe in ("readinessProbe", "livenessProbe")} <= names


def contract(name):
    return int(re.search(rf"{name} = (\d+);", (ROOT / "crds/worker_contract/names.h").read_text())[1])


def test_operator_and_gateway_reach_names_the_api_server_and_whom_they_talk_to_and_nothing_else():
    chart = rendered("4", "--set", "networkPolicy.apiServerPorts={443,8443}")
    operator, gateway = (chart["NetworkPolicy", f"cresset-{part}"]["spec"] for part in PARTS)
    names = [{"port": port, "protocol": protocol} for port in (53, 5353, 8053) for protocol in ("UDP", "TCP")]
    assert operator["egress"] == gateway["egress"][:2] == [{"ports": names}, {"ports": tcp(443, 8443)}]
    replicas = {"namespaceSelector": {}, "podSelector": {"matchExpressions": [{"key": "cresset.dev/model-service", "operator": "Exists"}]}}
    assert gateway["egress"][2:] == [
        {"to": [{"podSelector": operator["podSelector"]}], "ports": tcp(contract("kCoordinationPort"))},
        {"to": [replicas], "ports": tcp(contract("kServePort"))}]
    (args,) = (container["args"] for container in chart["Deployment", "cresset-gateway"]["spec"]["template"]["spec"]["containers"])
    assert f"--leader-url=https://cresset-operator.cresset-system.svc:{contract('kCoordinationPort')}" in args


def test_for_named_namespaces_the_gateway_reaches_replicas_there_alone():
    rule = rendered("4", *NAMED)["NetworkPolicy", "cresset-gateway"]["spec"]["egress"][-1]
    assert rule["to"][0]["namespaceSelector"] == {
        "matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["team-a", "team-b"]}]}


def test_policies_that_are_not_wanted_are_not_there():
    assert not of_kind("NetworkPolicy", "--set", "networkPolicy.enabled=false")
    assert {policy["metadata"]["name"] for policy in of_kind("NetworkPolicy")} == {"cresset-operator", "cresset-gateway"}


@pytest.mark.parametrize("major", HELMS)
@pytest.mark.parametrize("setting, named", [
    ("namespaces=team-a", "namespaces"),
    ("namespaces={team-a,team-a}", "namespaces"),
    ("namespaces={team-a,Team}", "namespaces"),
    ("namespaces={team.a}", "namespaces"),
    ("namespaces[0]=", "namespaces"),
    ("namespaces[0]=1", "namespaces"),
    ("gateway.replicas=none", "replicas"),
    ("gateway.replicas=-1", "replicas"),
    ("operator.logLevel=loud", "logLevel"),
    ("gateway.service.type=Ingress", "type"),
    ("images.pullPolicy=Sometimes", "pullPolicy"),
    ("gateway.bufferbytes=1", "bufferbytes"),
    ("gateway.maxRequestBytes=1073741824", "maxRequestBytes"),
    ("gateways.replicas=2", "gateways"),
    ("networkPolicy.enabled=maybe", "enabled"),
    ("networkPolicy.apiServerPorts={}", "apiServerPorts"),
    ("networkPolicy.apiServerPorts={0}", "apiServerPorts"),
    ("networkPolicy.apiServerPorts={https}", "apiServerPorts"),
    ("networkPolicy.ports={443}", "ports"),
    ("extraCAs=company", "extraCAs"),
    ("extraCAs.name=company", "extraCAs"),
    ("extraCAs.configMapKeyRef.name=company", "key"),
    ("extraCAs.secretKeyRef.key=ca.crt", "name"),
    ("extraCAs.configMapKeyRef.name=Company,extraCAs.configMapKeyRef.key=ca.crt", "name"),
    ("extraCAs.secretKeyRef.name=company,extraCAs.secretKeyRef.key=a/b", "key"),
    ("extraCAs.configMapKeyRef.name=a,extraCAs.configMapKeyRef.key=a,extraCAs.secretKeyRef.name=a,extraCAs.secretKeyRef.key=a", "extraCAs"),
])
def test_a_wrong_value_is_refused_by_name(major, setting, named):
    done = helm(major, "template", "cresset", CHART, "--set", setting)
    assert done.returncode != 0
    assert named in done.stderr
