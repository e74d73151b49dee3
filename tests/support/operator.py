"""The real `cresset operator` as a process of the test."""
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Operator:
    def __init__(self, binary, log, kubeconfig, namespace, args=(), name="operator-0"):
        """`name` is the pod's: who holds the lease. One that was killed and comes back under its name leads at once.
        `args` ("--flag=value") take the place of what is given here; a flag among them may come several times."""
        self.log = log
        self.port = free_port()
        self.coordination_port = free_port()
        with open(log, "w") as out:
            flags = {"--kubeconfig": kubeconfig, "--namespace": namespace,
                     "--metrics-address": f"127.0.0.1:{self.port}",
                     "--coordination-address": f"127.0.0.1:{self.coordination_port}",
                     "--coordination-url": f"https://127.0.0.1:{self.coordination_port}",
                     "--worker-image": "localhost/cresset-worker:test",
                     "--worker-cuda-image": "localhost/cresset-cuda:test",
                     "--log-level": "debug"}
            named = {arg.split("=", 1)[0] for arg in args}
            kept = [f"{flag}={value}" for flag, value in flags.items() if flag not in named]
            self.process = subprocess.Popen([binary, "operator", *kept, *args], stdout=out, stderr=subprocess.STDOUT,
                                            env={**os.environ, "POD_NAME": name})

    def http(self, path):
        """Status and body; (0, reason) when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def ready(self):
        assert self.process.poll() is None, f"the operator ended: {self.log.read_text()[-3000:]}"
        return self.http("/readyz")[0] == 200

    def metric(self, name, **labels):
        """The sum of a metric over the lines that carry these labels."""
        total = 0.0
        for line in self.http("/metrics")[1].splitlines():
            if line.startswith(name + "{") and all(f'{key}="{value}"' in line for key, value in labels.items()):
                total += float(line.rsplit(" ", 1)[1])
        return total

    def terminate(self):
        """SIGTERM; returns the exit code and the seconds it took."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30), time.monotonic() - begun

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
