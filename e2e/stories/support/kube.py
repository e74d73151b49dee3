"""kubectl with JSON answers and bounded waits that say what they waited for."""
import json
import pathlib
import select
import subprocess
import time

CLUSTER = pathlib.Path(__file__).resolve().parents[2] / "cluster" / "cluster.sh"


class CommandFailed(RuntimeError):
    pass


class Kube:
    """Talks to one cluster through the kubectl of ./dev. Calls block; any thread."""

    def __init__(self, kubectl, kubeconfig, namespace="default"):
        self.kubectl = kubectl if isinstance(kubectl, list) else [kubectl]
        self.kubeconfig = kubeconfig
        self.namespace = namespace

    def in_namespace(self, namespace):
        return Kube(self.kubectl, self.kubeconfig, namespace)

    def command(self, *args):
        return [*self.kubectl, "--kubeconfig", self.kubeconfig, "-n", self.namespace, *args]

    def run(self, *args, text=None, check=True, timeout=120):
        done = subprocess.run(self.command(*args), input=text, capture_output=True, text=True, timeout=timeout)
        if check and done.returncode != 0:
            raise CommandFailed(f"kubectl {' '.join(args)}: {done.stderr.strip() or done.stdout.strip()}")
        return done

    def apply(self, manifest, check=True):
        """`manifest` is YAML text. Returns the finished process, so that a refusal can be read."""
        return self.run("apply", "-f", "-", text=manifest, check=check)

    def get(self, kind, name=None, selector=None, all_namespaces=False):
        """The object, or None when it is absent; with no name the list of items."""
        args = ["get", kind] + ([name] if name else []) + ["-o", "json"]
        if selector:
            args += ["-l", selector]
        if all_namespaces:
            args += ["-A"]
        done = self.run(*args, check=False)
        if done.returncode != 0:
            if "NotFound" in done.stderr or "not found" in done.stderr:
                return None
            raise CommandFailed(f"kubectl {' '.join(args)}: {done.stderr.strip()}")
        found = json.loads(done.stdout)
        return found if name else found["items"]

    def table(self, *args):
        """What a person sees: the table of `kubectl get`."""
        return self.run("get", *args).stdout.rstrip()

    def token(self, account="default", audience="cresset"):
        return self.run("create", "token", account, "--audience", audience).stdout.strip()

    def reach(self, service, port):
        return Reached(f"{service}.{self.namespace}.svc.cluster.local:{port}")


class Reached:
    """An address of the embedded cluster on a port of 127.0.0.1 that the system picks; a context manager.
    Not `kubectl port-forward`: that ends with the first connection that the pod resets."""

    def __init__(self, target):
        """`target`: HOST:PORT as the cluster's node reaches it."""
        self.target = target
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen([str(CLUSTER), "forward", self.target], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        # The line comes when the service answers.
        ready, _, _ = select.select([self.process.stdout], [], [], 30)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            self.process.terminate()
            raise CommandFailed(f"cluster.sh forward {self.target}: {self.process.communicate()[1].strip()}")
        return int(line.split()[0].rsplit(":", 1)[1])

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=10)


def wait_for(what, condition, seconds, every=0.25, explain=None):
    """Polls `condition` until it gives something true and returns that. After `seconds` an error says
    `what` did not happen and what `explain()` (the last state, for a person) saw."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            more = f"\n{explain()}" if explain else ""
            raise TimeoutError(f"{what}: not within {seconds} s{more}")
        time.sleep(every)


def condition_of(thing, kind):
    """The condition of that type in an object's status, or {}."""
    for condition in (thing or {}).get("status", {}).get("conditions", []):
        if condition["type"] == kind:
            return condition
    return {}


def is_true(thing, kind):
    return condition_of(thing, kind).get("status") == "True"
