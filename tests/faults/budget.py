"""O6: what a run may ask of the API server: what the clean runs asked, and so much more for each disturbance.

An object is made and deleted as often as in the clean run, once more for a user who was quicker, and twice more for
each time that the operator died, was refused or lost its watch. One that is deaf for 100 s is refused again and again,
since it knows no new version; each time it waits twice as long. A status is written when there is news, and how much
of it comes at a time is chance; so it is with events and with reads. Leases are renewed by the clock.

And however often it is disturbed, it is in no hurry: what fails again is asked again after a wait."""
import collections

# What a right operator does not notice, or notices late: it asks for nothing more.
FREE = {("event", "duplicate"), ("event", "drip"), ("event", "drop_bookmarks"), ("event", "hold"), ("event", "mark"),
        ("event", "split"), ("request", "mark"), ("request", "delay"), ("request", "pages"), ("request", "goodbye")}
# Tries within 100 s of which the first two are 5 ms apart (operator/runtime/work_queue.h).
TRIES = {"half_open": 15, "trickle": 15}
READS = ("list", "watch", "get")
CHANCE = 3
# Of one watch: at once where a wait would help nobody (the version is forgotten, the token was rotated), once each.
MOST_WATCHES_A_SECOND = 5


def calls(trace):
    """How often each thing was asked, by (verb, resource, name, subresource)."""
    found = collections.Counter()
    for line in trace:
        if line["kind"] == "request":
            name = "" if line["resource"] == "events" else line["name"] or line.get("one", "")  # events' are drawn
            found[line["verb"], line["resource"], name, line["subresource"]] += 1
    return found


def disturbances(trace):
    return sum(TRIES.get(line.get("do"), 1) for line in trace if line["kind"] == "kill" or
               (line["kind"] == "fault" and (line["on"], line["do"]) not in FREE))


def hurry(trace):
    """A watch that one process opens too often within a second; told once each."""
    opened = collections.defaultdict(list)
    told = set()
    for line in trace:
        if line["kind"] == "kill":
            opened.clear()
        if line["kind"] != "request" or line["verb"] != "watch":
            continue
        about = line["resource"], line.get("of"), line.get("one")
        opened[about] = [ms for ms in opened[about] if line["ms"] - ms < 1000] + [line["ms"]]
        if len(opened[about]) > MOST_WATCHES_A_SECOND and about not in told:
            told.add(about)
            yield f"O6: watch {about[0]} was asked more than {MOST_WATCHES_A_SECOND} times within a second"


class Budget:
    def __init__(self, first, second):
        self.clean = calls(first.trace) | calls(second.trace)  # the larger of each

    def allowed(self, call, trouble, seconds):
        verb, resource, _, subresource = call
        if resource == "leases":
            return seconds + 5 * (1 + trouble)
        if verb in READS or subresource or resource == "events":
            return 2 * self.clean[call] + CHANCE + 3 * trouble
        return self.clean[call] + 1 + 2 * trouble

    def overruns(self, seen):
        yield from hurry(seen.trace)
        trouble, seconds = disturbances(seen.trace), seen.trace[-1]["ms"] / 1000 if seen.trace else 0
        for call, count in sorted(calls(seen.trace).items()):
            allowed = self.allowed(call, trouble, seconds)
            if count > allowed:
                verb, *about = call
                yield (f"O6: {verb} {'/'.join(part for part in about if part)} was asked {count} times, at most "
                       f"{allowed:.0f} with {trouble} disturbances; in the clean run {self.clean[call]}")
