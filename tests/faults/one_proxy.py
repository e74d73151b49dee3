"""A fault proxy of its own for a test, before an API server that is a few lines of this file."""
import contextlib
import http.client
import http.server
import json
import ssl
import subprocess
import threading

from tests.support.cluster import BUILD

PODS = "/api/v1/namespaces/space/pods"
WATCH = f"{PODS}?watch=true&resourceVersion=5"
STREAM = f"{PODS}?watch=true&sendInitialEvents=true"
EVENT = {"on": "event", "resource": "pods"}


def end_at(version, **more):
    return {"type": "BOOKMARK", "object": {**more, "metadata": {
        "resourceVersion": version, "annotations": {"k8s.io/initial-events-end": "true"}}}}


END = end_at("9")


def pod(version, what="MODIFIED", colour="red"):
    return {"type": what, "object": {"kind": "Pod", "metadata": {"name": "one", "resourceVersion": version,
                                                                 "labels": {"colour": colour}}}}


def line_of(event):
    return json.dumps(event, ensure_ascii=False).encode() + b"\n"


def chunk(event):
    line = line_of(event)
    return b"%x\r\n%s\r\n" % (len(line), line)


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with the path that it was asked for and a pod; a watch gets the server's events and then its end."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(self.path)
        watched = "watch=true" in self.path
        body = json.dumps({"asked": self.path, "kind": "PodList", "apiVersion": "v1",
                           "items": [{"metadata": {"name": "old"}}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header(*(("Transfer-Encoding", "chunked") if watched else ("Content-Length", str(len(body)))))
        self.end_headers()
        self.wfile.write(b"".join(map(chunk, self.server.events)) + b"0\r\n\r\n" if watched else body)

    do_POST = do_GET

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serve(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", folder / "key.pem", "-out", folder / "ca.pem", "-days", "1", "-subj", "/CN=upstream",
                    "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.ca, server.events, server.asked, server.daemon_threads = folder / "ca.pem", [], [], True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


class Proxy:
    def __init__(self, folder, upstream, rules, mutants):
        self.folder = folder
        (folder / "plan.json").write_text(json.dumps({"rules": rules, "mutants": mutants}))
        (folder / "pid").write_text("0")
        flags = {"--upstream": f"https://127.0.0.1:{upstream.server_port}", "--upstream-ca": upstream.ca,
                 "--plan": folder / "plan.json", "--trace": folder / "trace", "--pid-file": folder / "pid",
                 "--ca-out": folder / "ca.pem"}
        self.process = subprocess.Popen([BUILD / "tests" / "faults" / "fault_proxy",
                                         *(str(part) for pair in flags.items() for part in pair)],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.trusted = ssl.create_default_context(cafile=folder / "ca.pem")

    def connect(self, trusted=None):
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=trusted or self.trusted, timeout=10)

    def ask(self, path, method="GET", trusted=None):
        with contextlib.closing(self.connect(trusted)) as connection:
            connection.request(method, path, "{}" if method == "POST" else None)
            answer = connection.getresponse()
            try:
                return answer.status, answer.read().decode()
            except http.client.IncompleteRead as cut:  # what ends a watch ends it without a last chunk
                return answer.status, cut.partial.decode()

    def asked(self, path):
        """What came to the API server of it."""
        return json.loads(self.ask(path)[1])["asked"]

    def events(self, path):
        return [json.loads(line) for line in self.ask(path)[1].splitlines()]

    def trace(self, kind):
        lines = [json.loads(line) for line in (self.folder / "trace").read_text().splitlines()]
        return [line for line in lines if line["kind"] == kind]
