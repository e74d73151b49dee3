"""Training processes that are watched from outside: a group of ranks whose first one tells its steps."""
import dataclasses
import json
import os
import pathlib
import selectors
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 180


@dataclasses.dataclass
class Watched:
    """Of one run: seconds and CPU seconds a step, seconds from the start of the processes to the end of the first step, megabytes."""
    step: float
    cpu: float
    start: float
    memory: float


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def memory_of(pids):
    """What the processes hold together: pages that they share count once (proportional set size)."""
    pages = [(pathlib.Path("/proc") / str(pid) / "smaps_rollup").read_text() for pid in pids]
    return sum(int(line.split()[1]) for text in pages for line in text.splitlines() if line.startswith("Pss:")) / 1000


def cpu_of(pids):
    """Seconds that the processes computed, in the kernel too."""
    ticks = 0
    for pid in pids:
        fields = (pathlib.Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def watched(started, told, memory):
    """`told`: (seconds, CPU seconds, step) as they came; the first is the loop's beginning, the second is warm."""
    (begun, _, first), (since, spent, warm), (until, all_spent, last) = told[0], told[1], told[-1]
    if first != 0 or last <= warm:
        raise OSError(f"no steps in {until - begun:.1f} s: {told}")
    step = (until - since) / (last - warm)
    return Watched(step=step, cpu=(all_spent - spent) / (last - warm), start=begun - started + step, memory=memory)


class Ranks:
    """Processes of one group; `command(rank)` gives words, environment and whether stdout tells."""

    def __init__(self, ranks, seconds):
        self._ranks, self._seconds = ranks, seconds

    def run(self, launch):
        read, write = os.pipe()
        started = time.monotonic()
        processes = []
        try:
            try:
                for rank in range(self._ranks):
                    processes.append(launch(rank, write if rank == 0 else None))
            finally:
                os.close(write)
            told = self._listen(read, processes)
            return watched(started, told, memory_of([process.pid for process in processes]))
        finally:
            for process in processes:
                process.send_signal(signal.SIGKILL)
                process.wait()
            os.close(read)

    def _listen(self, fd, processes):
        told, rest, end = [], b"", time.monotonic() + PATIENCE
        with selectors.DefaultSelector() as selector:
            selector.register(fd, selectors.EVENT_READ)
            while time.monotonic() < end:
                if len(told) > 2 and told[-1][0] - told[1][0] >= self._seconds:
                    return told
                if not selector.select(1):
                    continue
                bytes_read = os.read(fd, 65536)
                if not bytes_read:
                    raise OSError(f"{processes[0].args[0]} ended with {processes[0].wait()}: its log is {log_path(0)}")
                *lines, rest = (rest + bytes_read).split(b"\n")
                spent = cpu_of([process.pid for process in processes])
                told += [(time.monotonic(), spent, json.loads(line).get("step", 0)) for line in lines]
        raise OSError(f"{processes[0].args[0]} told {len(told)} times in {PATIENCE} s")


def log_path(rank):
    return ROOT / "build" / "bench" / "learning" / f"rank{rank}.log"


def environment(threads, **more):
    return {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads), **more}


def start(words, rank, env, **more):
    log_path(rank).parent.mkdir(parents=True, exist_ok=True)
    with open(log_path(rank), "w") as log:
        return subprocess.Popen([str(word) for word in words], env=env, stderr=log, **more)


# What is freed is kept for the next step, as our ranks do and as PyTorch's tuning guide has it of jemalloc and tcmalloc.
KEPT_HEAP = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "-1"}


def ours(config, ranks, threads, seconds, preset="release"):
    """`cresset-worker rank`, as the supervisor of a pod forks it, from its own start on."""
    port = free_port()

    def launch(rank, fd):
        words = [ROOT / "build" / preset / "worker" / "cresset-worker", "rank", "--rank", rank, "--world-size", ranks, "--round", 1,
                 "--store", f"127.0.0.1:{port}", "--secret", "x", "--progress-fd", -1 if fd is None else fd]
        env = environment(threads, CRESSET_CONFIG=json.dumps(config))
        return start(words, rank, env, stdout=subprocess.DEVNULL, pass_fds=[] if fd is None else [fd])

    return Ranks(ranks, seconds).run(launch)


def pytorch(name, table, ranks, threads, seconds, channels_last=False, device="cpu", compiled=False):
    port = free_port()

    def launch(rank, fd):
        words = [os.environ["CRESSET_PYTORCH"], ROOT / "tests" / "bench" / "pytorch" / "loop.py", name, table, rank, ranks, port, threads,
                 int(channels_last), device, int(compiled)]
        more = {"HOME": os.environ["HOME"], **KEPT_HEAP} if compiled else KEPT_HEAP  # the compiler keeps at home what it made
        return start(words, rank, environment(threads, **more), stdout=subprocess.DEVNULL if fd is None else fd)

    return Ranks(ranks, seconds).run(launch)
