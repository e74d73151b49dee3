"""Load on one inference address: closed loop to find a capacity, open loop to hold a rate.

Open loop means that requests leave on time whether or not earlier ones were answered, as real users do;
a closed loop slows down with the server and hides its trouble.
"""
import asyncio
import collections
import dataclasses
import resource
import statistics
import time

import aiohttp


@dataclasses.dataclass
class Outcome:
    sent: int = 0
    failed: int = 0
    seconds: float = 0.0
    latencies: list = dataclasses.field(default_factory=list)
    errors: collections.Counter = dataclasses.field(default_factory=collections.Counter)

    @property
    def rate(self):
        return (self.sent - self.failed) / self.seconds if self.seconds else 0.0

    def percentile(self, share):
        """Milliseconds under which that share of the answers came."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("inf")

    def late(self, milliseconds):
        """How many requests failed or took longer."""
        return self.failed + sum(1 for latency in self.latencies if latency * 1000 > milliseconds)


async def _one(session, url, body, headers, outcome, timeout):
    started = time.perf_counter()
    outcome.sent += 1
    try:
        async with session.post(url, data=body, headers=headers, timeout=timeout) as answer:
            text = await answer.read()
            if answer.status != 200:
                outcome.failed += 1
                outcome.errors[f"HTTP {answer.status}: {text[:120].decode(errors='replace')}"] += 1
                return
        outcome.latencies.append(time.perf_counter() - started)
    except (aiohttp.ClientError, asyncio.TimeoutError) as error:
        outcome.failed += 1
        outcome.errors[f"{type(error).__name__}: {error}"] += 1


async def _closed(url, body, headers, connections, seconds, timeout, outcome):
    started = time.perf_counter()

    async def user(session):
        while time.perf_counter() - started < seconds:
            await _one(session, url, body, headers, outcome, timeout)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections)) as session:
        await asyncio.gather(*(user(session) for _ in range(connections)))
    outcome.seconds = time.perf_counter() - started
    return outcome


async def _open(url, body, headers, rate, seconds, timeout, stop):
    outcome, started, tasks = Outcome(), time.perf_counter(), []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        for number in range(int(rate * seconds)):
            due = started + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if stop is not None and stop.is_set():
                break
            tasks.append(asyncio.create_task(_one(session, url, body, headers, outcome, timeout)))
        await asyncio.gather(*tasks)
    outcome.seconds = time.perf_counter() - started
    return outcome


def closed_loop(url, body, headers, connections, seconds, timeout=30, outcome=None):
    """As many requests as `connections` users get answered one after the other; another thread may look at `outcome`."""
    limit = aiohttp.ClientTimeout(total=timeout)
    return asyncio.run(_closed(url, body, headers, connections, seconds, limit, outcome or Outcome()))


def open_loop(url, body, headers, rate, seconds, timeout=30, stop=None):
    """`rate` requests a second for `seconds`, on time; `stop` (a threading.Event) ends it early."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # what is not answered yet holds a connection each
    limit = aiohttp.ClientTimeout(total=timeout)
    return asyncio.run(_open(url, body, headers, rate, seconds, limit, stop))


def median(values):
    return statistics.median(values) if values else float("nan")
