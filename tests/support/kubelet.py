"""A node of which only the logs of containers are there: what kube-apiserver asks a kubelet for, over TLS, told by the test."""
import http.server
import ssl
import subprocess
import threading
import urllib.parse


class Kubelet:
    def __init__(self, folder):
        self.asked = []  # queries, in order
        self._lines = {}
        self._ended = set()
        self._changed = threading.Condition()
        pair = folder / "kubelet.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=kubelet",
                        "-keyout", pair, "-out", folder / "certificate.pem"], check=True, capture_output=True)
        with pair.open("a") as file:
            file.write((folder / "certificate.pem").read_text())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        with self._changed:
            self._ended.update(self._lines)
            self._changed.notify_all()
        self._server.shutdown()
        self._server.server_close()

    def write(self, pod, *lines):
        """(stamp, text) each; without a stamp it is the kubelet's own word, which has no end of a line."""
        with self._changed:
            self._lines.setdefault(pod, []).extend(lines)
            self._changed.notify_all()

    def end(self, pod):
        """Its container ends."""
        with self._changed:
            self._ended.add(pod)
            self._changed.notify_all()

    def _handler(kubelet):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                url = urllib.parse.urlsplit(self.path)
                _, _, _, pod, _ = url.path.split("/")
                query = dict(urllib.parse.parse_qsl(url.query))
                kubelet.asked.append((pod, query))
                self.send_response(200)
                self.send_header("Content-Type", "text/plain")
                self.end_headers()
                told = 0
                while True:
                    with kubelet._changed:
                        lines = kubelet._lines.get(pod, [])[told:]
                        ended = pod in kubelet._ended or query.get("follow") != "true"
                        if not lines and not ended:
                            kubelet._changed.wait(60)
                            continue
                    for stamp, text in lines:
                        # As a kubelet does, by whole seconds.
                        if stamp >= query.get("sinceTime", "").removesuffix("Z"):
                            self.wfile.write((f"{stamp} {text}\n" if stamp else text).encode())
                    self.wfile.flush()
                    told += len(lines)
                    if ended and not lines:
                        return

            def log_message(self, *args):
                pass

        return Handler
