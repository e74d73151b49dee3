"""What the gateway costs: requests per CPU second of its process, and the time it adds at half load.

wrk, a replica that answers at once and the real gateway (one I/O thread, an API server in memory) run
on this machine; the gateway is alone on core 0, the others share core 1. Direct and through the
gateway alternate. Since other processes may take core 0 away, the rate is given per CPU second that the
gateway's process used; the ceiling of generator and replica without the gateway is a row of its own.

    ./dev bench gateway [--seconds 5] [--runs 5]
"""

import argparse
import os
import pathlib
import re
import subprocess

from frame import ROOT, Bench

# builds: gateway_parties
PARTIES = ROOT / "build/release/tests/bench/gateway_parties"
BACKEND_PORT, GATEWAY_PORT = 18471, 18472
BODY_BYTES = 1300
TICKS = os.sysconf("SC_CLK_TCK")


def start(core, *arguments):
    process = subprocess.Popen(
        ["taskset", "-c", str(core), str(PARTIES), *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )
    if process.stdout.readline() != "ready\n":
        raise SystemExit(f"{arguments} did not start")
    return process


def cpu_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


def load(path, port, connections, seconds, script):
    answer = subprocess.run(
        ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script,
         f"http://127.0.0.1:{port}{path}"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    if "Non-2xx" in answer or "Socket errors" in answer:
        raise SystemExit("wrk met errors:\n" + answer)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", answer)[1])
    value, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", answer).groups()
    total = int(re.search(r"(\d+) requests in", answer)[1])
    return {"rate": rate, "p50": float(value) * UNITS[unit], "total": total}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    bench = Bench("gateway")
    bench.path.parent.mkdir(parents=True, exist_ok=True)
    script = bench.path.with_suffix(".lua")
    script.write_text(
        'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
        f'wrk.body = string.rep("x", {BODY_BYTES})\n'
    )
    backend = start(1, "backend", BACKEND_PORT, BODY_BYTES)
    gateway = start(0, "gateway", GATEWAY_PORT, BACKEND_PORT)
    path = "/v2/models/model/infer"
    per_core = []

    def direct(connections):
        return lambda: load(path, BACKEND_PORT, connections, given.seconds, script)

    def through(connections):
        def run():
            before = cpu_seconds(gateway)
            result = load("/bench/model" + path, GATEWAY_PORT, connections, given.seconds, script)
            if connections > 1:
                per_core.append(result["total"] / (cpu_seconds(gateway) - before))
            return result
        return run

    try:
        load("/bench/model" + path, GATEWAY_PORT, 32, 1, script)
        many = bench.alternate({"through": through(32), "direct": direct(32)}, given.runs)
        one = bench.alternate({"through": through(1), "direct": direct(1)}, given.runs)
    finally:
        for process in (gateway, backend):
            process.terminate()
            process.wait()
    bench.row("requests for each CPU second of the gateway", "1/s", per_core)
    bench.row("requests, 32 connections", "1/s", [run["rate"] for run in many["through"]],
              [run["rate"] for run in many["direct"]], "the replica without the gateway", higher_is_better=True)
    bench.row("added at the median, 1 connection", "us",
              [1e6 * (mine["p50"] - bare["p50"]) for mine, bare in zip(one["through"], one["direct"])])
    bench.write()


if __name__ == "__main__":
    main()
