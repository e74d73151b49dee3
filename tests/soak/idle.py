"""An operator over jobs that run and services that are ready, to which nothing happens: what it writes all the same."""
import collections
import json
import time

from tests.soak.cycles import LEAST
from tests.support.cluster import is_write_of

QUIET = 10  # seconds without a write, after which all is as it will be


class AuditLog:
    """What an account wrote since this was made or asked."""

    def __init__(self, path, account):
        self.account = account
        self.log = path.open()
        self.log.seek(0, 2)
        self.rest = ""

    def writes(self):
        """(verb, resource) → times."""
        found = collections.Counter()
        lines = (self.rest + self.log.read()).split("\n")
        self.rest = lines.pop()
        for event in map(json.loads, lines):
            if is_write_of(self.account, event):
                found[event["verb"], event["objectRef"]["resource"]] += 1
        return found


def but_leases(writes):
    return {what: times for what, times in writes.items() if what[1] != "leases"}


def stay(soak, log, count, seconds, parts=2):
    """`count` objects of each kind are made and wait for `seconds`. What was written in that time, and what was measured at
    its beginning and after each part of it."""
    for number in range(count):
        for kind in LEAST:
            soak.start(kind, f"stays-{number}")
    calm = [time.monotonic()]

    def is_quiet():
        if but_leases(log.writes()):
            calm[0] = time.monotonic()
        return time.monotonic() - calm[0] >= QUIET
    soak.wait(is_quiet, f"nothing is written for {QUIET} s")
    measures, written = [soak.in_calm()], collections.Counter()
    begun = time.monotonic()
    for part in range(1, parts + 1):
        while (left := begun + seconds * part / parts - time.monotonic()) > 0:
            soak.wait_quietly(min(left, 60))
            written += log.writes()
        measures.append(soak.in_calm())
    soak.say(f"written in {seconds} s: {named(written)}")
    return written + log.writes(), measures


def named(writes):
    return {" ".join(what): times for what, times in sorted(writes.items())}
