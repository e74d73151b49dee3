"""The embedded cluster: it comes up whole, again changes nothing, and goes without a trace."""
import base64
import json
import os
import pathlib
import signal
import socket
import subprocess
import tarfile
import urllib.error
import urllib.request

import pytest

import contents
import oci
from support_for_tests import HERE, Cluster, eventually, free_port

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces and cgroups need root")

WEB = """
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data: {Corefile: ".:5353 {\\n  health :8080\\n  ready :8181\\n}\\n"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
      - name: web
        image: localhost/coredns:dev
        imagePullPolicy: Never
        args: [-conf, /etc/coredns/Corefile]
        startupProbe: {httpGet: {path: /health, port: 8080}, periodSeconds: 1}
        readinessProbe: {httpGet: {path: /ready, port: 8181}, periodSeconds: 1}
        livenessProbe: {httpGet: {path: /health, port: 8080}, periodSeconds: 2}
        securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, readOnlyRootFilesystem: true}
        volumeMounts: [{name: c, mountPath: /etc/coredns}]
      volumes: [{name: c, configMap: {name: web}}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
"""
# A pod may be ready before the node's proxy leads to it, hence the retries.
CLIENT = """
apiVersion: v1
kind: Pod
metadata: {name: client}
spec:
  restartPolicy: Never
  containers:
  - name: client
    image: localhost/client:dev
    imagePullPolicy: Never
    command: [/usr/bin/sh, -c]
    args: ["/usr/bin/curl -s --retry 20 --retry-delay 1 --retry-all-errors http://web/health && /usr/bin/curl -sS -o /tmp/pods -w ' %{http_code}'
      --cacert $A/ca.crt -H \\"Authorization: Bearer $(/usr/bin/cat $A/token)\\" https://kubernetes.default.svc.cluster.local/api/v1/pods"]
    env: [{name: A, value: /var/run/secrets/kubernetes.io/serviceaccount}]
"""
SAY = """
apiVersion: v1
kind: Pod
metadata: {name: say}
spec:
  restartPolicy: Never
  containers: [{name: say, image: "localhost/say:second", imagePullPolicy: Never}]
"""
CTR = ["exec", "ctr", "--address", "/run/containerd/containerd.sock", "-n", "k8s.io"]


@pytest.fixture(scope="module")
def host_before():
    return host_state()


def host_state():
    """What `down` must leave as it was: links, rules, named namespaces, mount table."""
    def output(*command):
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    links = sorted(link["ifname"] for link in json.loads(output("ip", "-j", "link")))
    rules = [line for line in output("iptables-save").splitlines() if not line.startswith(("#", ":"))]
    mounts = [line.split()[1] for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
    return {"links": links, "rules": rules, "netns": output("ip", "netns"), "mounts": mounts}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, host_before):
    """A cluster that was brought up over what a killed run had left."""
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        first = made.start("up")
        assert eventually(lambda: "node1.apiserver" in made.state(), 60), first.communicate(timeout=5)[0]
        made.killed_init = made.state()["node1.init"]
        os.killpg(first.pid, signal.SIGKILL)
        first.wait(timeout=10)
        made.run("up")
        yield made
    finally:
        made.run("down", "--all")


def image_with_a_client(folder):
    store = oci.Store(folder / "store")
    programs = ["/usr/bin/curl", "/usr/bin/sh", "/usr/bin/cat"]
    libraries = {}
    for program in programs:
        libraries.update(contents.needed_libraries(program))
    files = [oci.File(p[1:], source=os.path.realpath(p), mode=0o755) for p in programs]
    layer = store.add_layer([*contents.library_files(libraries), *contents.common_files(), *files])
    with open(folder / "client.tar", "wb") as out:
        oci.write_archive(out, store, {"localhost/client:dev": store.add_image([layer], ["/usr/bin/sh"], "65532:65532")})
    return folder / "client.tar"


def test_what_a_killed_run_left_is_gone_and_the_node_is_ready(cluster):
    assert cluster.state()["node1.init"] != cluster.killed_init
    assert not pathlib.Path("/proc", cluster.killed_init.split(":")[0], "ns").exists()
    assert "Ready" in cluster.kubectl("get", "node", "node1", "--no-headers").split()


def test_up_again_changes_nothing(cluster):
    before = cluster.state()
    assert "nothing was changed" in cluster.run("up").stderr
    assert cluster.state() == before


def test_a_pod_with_probes_becomes_ready_and_is_found_by_name_from_another_pod_and_from_the_host(cluster, tmp_path):
    cluster.run(*CTR, "images", "import", str(image_with_a_client(tmp_path)))
    cluster.kubectl("apply", "-f", "-", text=WEB)
    cluster.kubectl("rollout", "status", "deployment/web", "--timeout=40s")
    cluster.kubectl("apply", "-f", "-", text=CLIENT)
    cluster.kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/client", "--timeout=40s")
    assert cluster.kubectl("logs", "client") == "OK 403"
    port = free_port()
    cluster.run("relay", str(port), "web.default.svc.cluster.local:80")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
        assert answer.read() == b"OK"
    with cluster.forward("web.default.svc.cluster.local:80") as address:
        with urllib.request.urlopen(f"http://{address}/health", timeout=10) as answer:
            assert answer.read() == b"OK"
    assert cluster.kubectl("exec", "deploy/web", "--", "/usr/bin/coredns", "-version").startswith("CoreDNS")


def test_a_pod_runs_from_an_image_of_which_the_node_was_sent_only_what_it_did_not_have(cluster, tmp_path):
    store = oci.Store(tmp_path / "store")
    shell = oci.File("usr/bin/sh", source=os.path.realpath("/usr/bin/sh"), mode=0o755)
    libraries = store.add_layer([*contents.library_files(contents.needed_libraries("/usr/bin/sh")), shell])
    sent = {}
    for word in ("first", "second"):
        script = oci.File("usr/bin/say", content=f"#!/usr/bin/sh\necho {word}\n".encode(), mode=0o755)
        image = store.add_image([libraries, store.add_layer([script])], ["/usr/bin/say"], "65532:65532")
        present = cluster.run(*CTR, "content", "ls", "-q").stdout.split()  # as load_images.sh asks
        with open(tmp_path / word, "wb") as out:
            oci.write_archive(out, store, {f"localhost/say:{word}": image}, present)
        cluster.run(*CTR, "images", "import", "--digests=false", str(tmp_path / word))
        with tarfile.open(tmp_path / word) as archive:
            sent[word] = "blobs/sha256/" + libraries.digest.removeprefix("sha256:") in archive.getnames()
    assert sent == {"first": True, "second": False}
    cluster.kubectl("apply", "-f", "-", text=SAY)
    cluster.kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/say", "--timeout=40s")
    assert cluster.kubectl("logs", "say") == "second"


def test_the_audit_log_shows_what_a_service_account_asked_for(cluster):
    def refused():
        events = [json.loads(line) for line in (cluster.folder / "logs/audit.log").read_text().splitlines()]
        return [e for e in events if e["user"]["username"] == "system:serviceaccount:default:default"
                and e["verb"] == "list" and e["objectRef"]["resource"] == "pods" and e["responseStatus"]["code"] == 403]
    assert eventually(refused)


def test_etcd_answers_in_the_node_only_to_a_certificate_of_its_own_ca(cluster):
    pki = cluster.folder / "pki"
    ask = ["exec", "curl", "-sS", "-m", "5", "--cacert", str(pki / "etcd-ca.crt"), "https://127.0.0.1:2379/version"]
    done = cluster.run(*ask, check=False)
    assert done.returncode != 0 and "etcdserver" not in done.stdout
    done = cluster.run(*ask, "--cert", str(pki / "etcd-client.crt"), "--key", str(pki / "etcd-client.key"))
    assert "etcdserver" in done.stdout


def test_curl_reaches_the_api_server_with_what_the_kubeconfig_holds(cluster, tmp_path):
    config = json.loads(cluster.kubectl("config", "view", "--raw", "-o", "json"))
    server, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    for name, data in (("ca", server["certificate-authority-data"]), ("cert", user["client-certificate-data"]),
                       ("key", user["client-key-data"])):
        (tmp_path / name).write_bytes(base64.b64decode(data))
    assert server["server"] == f"https://127.0.0.1:{cluster.api_port}"
    done = subprocess.run(["curl", "-sS", "-m", "10", "--cacert", tmp_path / "ca", "--cert", tmp_path / "cert",
                           "--key", tmp_path / "key", server["server"] + "/api/v1/nodes/node1"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["metadata"]["name"] == "node1"


def test_the_gateways_port_is_open_and_leads_nowhere_until_there_is_a_gateway(cluster):
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        urllib.request.urlopen(f"http://127.0.0.1:{cluster.gateway_port}/", timeout=15)


def test_a_program_that_died_is_started_by_the_next_up_and_the_rest_stays(cluster):
    before = cluster.state()
    cluster.run("kill", "scheduler")
    cluster.run("up")
    after = cluster.state()
    assert {k for k in after if after[k] != before.get(k)} == {"node1.scheduler"}


def test_a_port_that_is_taken_is_named_with_its_user_and_the_way_out(tmp_path):
    other = Cluster(tmp_path)
    with socket.create_server(("127.0.0.1", other.api_port)):
        done = other.run("up", check=False)
    assert done.returncode != 0
    assert f"port {other.api_port} on 127.0.0.1 is taken by" in done.stderr and "CRESSET_API_PORT=" in done.stderr
    assert other.state() == {}


def test_up_says_where_the_cluster_is_and_that_nobody_enforces_network_policies():
    ready = "use_kube() { :; }; use_relay() { :; }; is_up() { :; }; DIR=/there API_PORT=1 GATEWAY_PORT=2"
    told = subprocess.run(["bash", "-c", f". {HERE}/lib.sh; . {HERE}/up_down.sh; {ready}; up"], capture_output=True, text=True, check=True).stderr
    assert "/there/kubeconfig" in told and "https://127.0.0.1:1" in told and "http://127.0.0.1:2" in told
    assert "NetworkPolicies are stored and not enforced here" in told
    # So it is as long as pods have a network of these alone.
    plugins = json.loads((HERE / "config/bridge.conflist").read_text())["plugins"]
    assert [plugin["type"] for plugin in plugins] == ["bridge", "portmap"]


def test_without_root_it_says_what_to_do(tmp_path):
    script = str(pathlib.Path(__file__).resolve().parent / "cluster.sh")
    text = f"chmod -R a+rX {tmp_path}; exec setpriv --reuid 65534 --clear-groups bash {script} up"
    done = subprocess.run(["bash", "-c", text], capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "needs root" in done.stderr


def test_a_wrong_program_name_is_answered_with_those_that_exist(cluster):
    done = cluster.run("kill", "kublet", check=False)
    assert done.returncode != 0 and "'kublet'" in done.stderr and "kubelet" in done.stderr


def test_down_leaves_no_process_mount_namespace_cgroup_or_rule(cluster, host_before):
    init = cluster.init_pid()
    namespace = os.readlink(f"/proc/{init}/ns/pid")
    cgroups = list(pathlib.Path("/sys/fs/cgroup").glob(f"*/{cluster.cgroup}"))   # others may run
    assert cgroups and any((c / "kubepods").exists() for c in cgroups)
    cluster.run("down")
    assert namespace not in {namespace_of(p) for p in pathlib.Path("/proc").glob("[0-9]*")}
    assert mentions(str(cluster.folder)) == []
    assert [c for c in cgroups if c.exists()] == []
    assert host_state() == host_before
    assert cluster.state() == {}


def namespace_of(process):
    try:
        return os.readlink(process / "ns/pid")
    except OSError:
        return None


def mentions(words):
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if words in line and path.parent.name != str(os.getpid()):
            found.append(line)
    return found
