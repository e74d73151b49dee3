"""The API server as whoever a kubeconfig is for, without a kubectl process a call: a connection a thread."""
import base64
import http.client
import json
import select
import ssl
import threading
import time
import urllib.parse

import yaml

DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

DISCOVERY_SECONDS = 10
MOST_TRIES = 10


class Refused(Exception):
    """What the API server says to a request that it does not do."""

    def __init__(self, status, body):
        try:
            told = json.loads(body)
        except ValueError:
            told = {}  # what is no Status is shown as it came
        super().__init__(f"{status}: {told.get('message', body)}")
        self.status = status
        self.name = told.get("details", {}).get("name")  # of the object that it is about


def is_gone(connection):
    """Between two requests the server has nothing to say but that it closes."""
    return connection is None or connection.sock is None or bool(select.select([connection.sock], [], [], 0)[0])


class Api:
    def __init__(self, kubeconfig):
        config = yaml.safe_load(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.server = cluster["server"]
        self.ca = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self.context = ssl.create_default_context(cadata=self.ca)
        self.headers = {"Accept": "application/json"}
        if "token" in user:
            self.headers["Authorization"] = f"Bearer {user['token']}"
        else:
            pair = kubeconfig.parent / "admin.pem"
            pair.write_bytes(base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"]))
            pair.chmod(0o600)
            self.context.load_cert_chain(pair)
        self.local = threading.local()
        self.resources = {}  # by plural, singular and short name, plural.group and (apiVersion, kind)

    def connect(self, timeout=30):
        url = urllib.parse.urlparse(self.server)
        return http.client.HTTPSConnection(url.hostname, url.port, context=self.context, timeout=timeout)

    def call(self, method, path, body=None, kind="application/json", **headers):
        """The answer's object. A body that is a text is sent as it is. Who is to come later does, as kubectl would."""
        if body is not None and not isinstance(body, str):
            body = json.dumps(body)
        for _ in range(MOST_TRIES):
            answer, text = self.ask(method, path, body, {**self.headers, "Content-Type": kind, **headers})
            if (answer.status != 429 and answer.status < 500) or not answer.headers.get("Retry-After"):
                break
            time.sleep(min(int(answer.headers["Retry-After"]), 5))
        if answer.status >= 300:
            raise Refused(answer.status, text)
        return json.loads(text)

    def ask(self, method, path, body, headers):
        for again in (True, False):
            sent = False
            if is_gone(getattr(self.local, "connection", None)):
                self.local.connection = self.connect()
            try:
                self.local.connection.request(method, path, body and body.encode(), headers)
                sent = True
                answer = self.local.connection.getresponse()
                return answer, answer.read().decode()
            except (http.client.HTTPException, OSError):  # it closed the connection at this very moment
                self.local.connection = None
                if not again or (sent and method == "POST"):
                    raise

    def discover(self):
        for root in ("/api", "/apis"):
            for group in self.call("GET", root, Accept=DISCOVERY)["items"]:
                of_group = group["metadata"].get("name", "")
                for version in group["versions"]:  # the preferred one first
                    api = "/".join(filter(None, (of_group, version["version"])))
                    for found in version.get("resources", []):
                        known = (f"{root}/{api}", found["resource"], found["scope"] == "Namespaced")
                        self.resources[api, found["responseKind"]["kind"]] = known
                        for name in (found["resource"], found["singularResource"], *found.get("shortNames", []),
                                     f"{found['resource']}.{of_group}"):
                            self.resources.setdefault(name, known)

    def resource(self, kind):
        """(prefix of its path, plural, whether it is in a namespace) of a name in any case, or of (apiVersion, kind)."""
        key = kind.lower() if isinstance(kind, str) else kind
        end = time.monotonic() + DISCOVERY_SECONDS  # what was just defined is not told at once
        while key not in self.resources and time.monotonic() < end:
            self.discover()
            if key not in self.resources:
                time.sleep(0.1)
        if key not in self.resources:
            raise LookupError(f"the API server has no kind {kind!r}; it has {sorted(map(str, self.resources))}")
        return self.resources[key]

    def path(self, kind, namespace=None, name=None, sub=None):
        prefix, plural, namespaced = self.resource(kind)
        parts = [prefix] + (["namespaces", namespace] if namespaced and namespace else []) + [plural]
        return "/".join(parts + ([name] if name else []) + ([sub] if sub else []))

    def apply(self, thing, namespace="default"):
        """An object, or its manifest, as `kubectl apply --server-side` does."""
        known = yaml.safe_load(thing) if isinstance(thing, str) else thing
        meta = known["metadata"]
        path = self.path((known["apiVersion"], known["kind"]), meta.get("namespace", namespace), meta["name"])
        return self.call("PATCH", f"{path}?fieldManager=kubectl&fieldValidation=Strict", thing,
                         "application/apply-patch+yaml")

    def create(self, plural, namespace, thing):
        return self.call("POST", self.path(plural, namespace), thing)

    def create_sub(self, plural, namespace, name, sub, thing):
        return self.call("POST", self.path(plural, namespace, name, sub), thing)

    def merge(self, plural, namespace, name, patch, sub=None):
        return self.call("PATCH", self.path(plural, namespace, name, sub), patch, "application/merge-patch+json")

    def delete(self, plural, namespace, name, **options):
        """False when it was gone already."""
        try:
            self.call("DELETE", self.path(plural, namespace, name),
                      {"apiVersion": "v1", "kind": "DeleteOptions", **options})
        except Refused as error:
            if error.status not in (404, 409):
                raise
            return False
        return True

    def watch(self, plural, stopped):
        """(type, object) of all that is there and then of what happens, until `stopped()`."""
        listed = self.call("GET", self.path(plural))
        for item in listed["items"]:
            yield "ADDED", item
        version = listed["metadata"]["resourceVersion"]
        while not stopped():
            connection = self.connect(timeout=3700)
            connection.request("GET", f"{self.path(plural)}?watch=true&allowWatchBookmarks=true"
                                      f"&timeoutSeconds=3600&resourceVersion={version}", headers=self.headers)
            for line in connection.getresponse():
                event = json.loads(line)
                if event["type"] == "ERROR":
                    raise Refused(410, str(event))
                version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] != "BOOKMARK":
                    yield event["type"], event["object"]
