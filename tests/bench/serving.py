#!/usr/bin/env python3
"""./dev bench serving: one replica against the limits of its parts.

Rows: requests/s and CPU microseconds a request, mlp 128-256-256-10, JSON, one row a request, batch 32,
at 32 connections and at one, beside a bare Boost.Beast echo of the same body. The server has core 0, wrk
core 1. On a machine that does other work trust the CPU time.
"""
import argparse
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bench"))

from frame import Bench  # noqa: E402

COLUMNS = 128
TICK = 1e6 / os.sysconf("SC_CLK_TCK")
# builds: beast_echo cresset-worker
BUILD = ROOT / "build" / "release"


def make_model(folder):
    """Trains an mlp on noise, by the worker itself: only its shape matters."""
    rng = random.Random(1)
    lines = [",".join(f"x{i}" for i in range(COLUMNS)) + ",y"]
    lines += [",".join(f"{rng.gauss(0, 1):.4f}" for _ in range(COLUMNS)) + f",{row % 10}" for row in range(300)]
    (folder / "data.csv").write_text("\n".join(lines) + "\n")
    config = {"namespace": "bench", "name": "mlp", "uid": "bench", "output": {"uri": f"file://{folder}/out"},
              "training": {"model": {"architecture": "mlp", "parameters": {"hidden": [256, 256]}}, "epochs": 1,
                           "data": {"train": {"uri": f"file://{folder}/data.csv"}, "label": "y"}}}
    subprocess.run([BUILD / "worker" / "cresset-worker", "rank", "--store", "127.0.0.1:29599", "--secret", "bench",
                    "--last-words", folder / "words"], env={**os.environ, "CRESSET_CONFIG": json.dumps(config)},
                   check=True, capture_output=True)
    row = [round(rng.gauss(0, 1), 7) for _ in range(COLUMNS)]
    body = json.dumps({"inputs": [{"name": "input", "shape": [1, COLUMNS], "datatype": "FP32", "data": row}]})
    (folder / "body.json").write_text(body)
    (folder / "post.lua").write_text(f'wrk.method="POST"\nwrk.body=io.open("{folder}/body.json","rb"):read("*a")\n'
                                     'wrk.headers["Content-Type"]="application/json"\n')
    return f"file://{folder}/out/1"


class Server:
    """A process on core 0 that answers POSTs at `port`; a context manager."""

    def __init__(self, command, port, folder):
        self.port, self.folder = port, folder
        self.process = subprocess.Popen(["taskset", "-c", "0", *map(str, command)], stderr=subprocess.DEVNULL,
                                        env={**os.environ, "OMP_NUM_THREADS": "1"})

    def __enter__(self):
        body = (self.folder / "body.json").read_bytes()
        deadline = time.monotonic() + 20
        while True:
            try:
                with urllib.request.urlopen(self.url(), data=body, timeout=5):
                    return self
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)

    def url(self):
        return f"http://127.0.0.1:{self.port}/v2/models/mlp/infer"

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * TICK

    def run(self, connections, seconds):
        """(requests/s, CPU microseconds a request, median milliseconds)."""
        before = self.cpu()
        out = subprocess.run(["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency",
                              "-s", str(self.folder / "post.lua"), self.url()],
                             check=True, capture_output=True, text=True).stdout
        if "Non-2xx" in out:
            raise RuntimeError(out)
        count = int(re.search(r"(\d+) requests in", out)[1])
        rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
        value, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", out).groups()
        return rate, (self.cpu() - before) / count, float(value) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    bench, peer = Bench("serving"), "Beast echo of the body"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        model = make_model(folder)
        ours = [BUILD / "worker" / "cresset-worker", "serve", "--model", model, "--name", "mlp", "--address",
                "127.0.0.1", "--port", 18091, "--last-words", folder / "words"]
        with Server(ours, 18091, folder) as served, Server([BUILD / "tests/bench/beast_echo", 18090], 18090,
                                                           folder) as echo:
            for connections in (32, 1):
                results = bench.alternate({"ours": lambda: served.run(connections, options.seconds),
                                           "echo": lambda: echo.run(connections, options.seconds)}, options.runs)
                (rates, costs, medians), (peer_rates, peer_costs, peer_medians) = (
                    list(map(list, zip(*results[who]))) for who in ("ours", "echo"))
                what = f"serve/mlp/JSON/1, {connections} connections"
                bench.row(f"{what}: rate", "1/s", rates, peer_rates, peer, higher_is_better=True)
                bench.row(f"{what}: CPU a request", "us", costs, peer_costs, peer)
                bench.row(f"{what}: p50", "ms", medians, peer_medians, peer)
    bench.write()


if __name__ == "__main__":
    main()
