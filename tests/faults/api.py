"""The API server as an administrator, without a kubectl process a call: a connection a thread."""
import base64
import http.client
import json
import ssl
import threading
import urllib.parse

import yaml

PLURALS = {"trainingjobs": "/apis/cresset.dev/v1alpha1", "modelservices": "/apis/cresset.dev/v1alpha1",
           "pods": "/api/v1", "services": "/api/v1", "secrets": "/api/v1", "namespaces": "/api/v1",
           "networkpolicies": "/apis/networking.k8s.io/v1", "deployments": "/apis/apps/v1",
           "replicasets": "/apis/apps/v1"}


class Refused(Exception):
    def __init__(self, status, body):
        super().__init__(f"{status}: {body[:300]}")
        self.status = status


class Api:
    def __init__(self, kubeconfig):
        config = yaml.safe_load(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.server = cluster["server"]
        self.ca = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self.context = ssl.create_default_context(cadata=self.ca)
        pair = kubeconfig.parent / "faults-admin.pem"
        pair.write_bytes(base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"]))
        pair.chmod(0o600)
        self.context.load_cert_chain(pair)
        self.local = threading.local()

    def connect(self, timeout=30):
        url = urllib.parse.urlparse(self.server)
        return http.client.HTTPSConnection(url.hostname, url.port, context=self.context, timeout=timeout)

    def call(self, method, path, body=None, kind="application/json"):
        for again in (True, False):
            sent = False
            if not getattr(self.local, "connection", None):
                self.local.connection = self.connect()
            try:
                self.local.connection.request(method, path, None if body is None else json.dumps(body),
                                              {"Content-Type": kind})
                sent = True
                answer = self.local.connection.getresponse()
                text = answer.read().decode()
                break
            except (http.client.HTTPException, OSError):  # an idle connection that the server closed
                self.local.connection = None
                if not again or (sent and method == "POST"):
                    raise
        if answer.status >= 300:
            raise Refused(answer.status, text)
        return json.loads(text)

    @staticmethod
    def path(plural, namespace=None, name=None, sub=None):
        parts = [PLURALS[plural]] + (["namespaces", namespace] if namespace else []) + [plural]
        return "/".join(parts + ([name] if name else []) + ([sub] if sub else []))

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
                                      f"&timeoutSeconds=3600&resourceVersion={version}")
            for line in connection.getresponse():
                event = json.loads(line)
                if event["type"] == "ERROR":
                    raise Refused(410, str(event))
                version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] != "BOOKMARK":
                    yield event["type"], event["object"]
