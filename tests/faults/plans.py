"""Plans from the trace of a clean run: which writes and events there are, and what can go wrong at each."""
import collections
import dataclasses

from tests.faults.lies import GARBLED, LIES, OF_ANY

KILLS = ("kill_before", "kill_after_commit", "kill_after_reply")
ANSWERS = ({"status": 409, "reason": "Conflict"}, {"status": 403, "reason": "Forbidden"},
           {"status": 404, "reason": "NotFound"}, {"status": 410, "reason": "Expired"},
           {"status": 422, "reason": "Invalid"}, {"status": 429, "reason": "TooManyRequests"},
           {"status": 429, "reason": "TooManyRequests", "retry_after": 1},
           {"status": 500, "reason": "InternalError"}, {"status": 503, "reason": "ServiceUnavailable"},
           {"status": 504, "reason": "Timeout", "message": "Too large resource version: 9, current: 8"},
           {"status": 401, "reason": "Unauthorized"})
CERTIFICATES = ("expired", "other_host", "stranger", "rotated")
PAST_MS = 1500
HOLD_MS = 1200
STORM = {"do": "storm", "ms": 250, "times": 5}
# Families in which something is told that no right server tells, and that one may act on (oracles.py).
LIED_TO = ("corrupt", "past", "replay")
# Who writes such an object may use all letters of the world.
OF_USERS = ("trainingjobs", "modelservices")


@dataclasses.dataclass(frozen=True)
class Named:
    """A plan of a workload; `family` is what it is counted under."""
    workload: str
    family: str
    name: str
    plan: dict
    quiet: float = None  # how long its run is watched after its end, of one that was kept; else the suite decides


def writes_of(trace):
    """Each counted write as what a rule needs to name it."""
    seen = collections.Counter()
    for line in trace:
        if line["kind"] != "request" or "write" not in line:
            continue
        about = {"verb": line["verb"], "resource": line["resource"]}
        if line["subresource"]:
            about["subresource"] = line["subresource"]
        if line["resource"] != "events":  # their names are drawn
            about["name"] = line["name"]
        key = tuple(sorted(about.items()))
        seen[key] += 1
        yield {"on": "request", **about, "n": seen[key]}


def events_of(trace):
    """How many events of each resource passed."""
    return collections.Counter(line["resource"] for line in trace
                               if line["kind"] == "event" and line["type"] not in ("BOOKMARK", "ERROR"))


def title(rule):
    about = "/".join(rule[key] for key in ("resource", "name", "subresource") if key in rule)
    how = " ".join(str(rule[key]) for key in ("certificate", "path", "value", "at", "in_character") if key in rule)
    return " ".join(f"{rule['do']} {rule.get('verb', '')} {about} #{rule.get('n', 1)} {how}".split())


def named(workload, family, *rules, **more):
    return Named(workload, family, "; ".join(title(rule) for rule in rules), {"rules": list(rules), **more})


def kills(workload, trace):
    for write in writes_of(trace):
        for kill in KILLS:
            yield named(workload, "kill", {**write, "do": kill})


def lost_answers(workload, trace, random):
    for write in writes_of(trace):
        yield named(workload, "reply", {**write, "do": "swallow"})
        yield named(workload, "reply", {**write, "do": "duplicate"})
        yield named(workload, "reply", {**write, "do": "delay", "ms": 300})
        yield named(workload, "answer", {**write, "do": "answer", **random.choice(ANSWERS)})


def reads(workload, trace, random):
    for resource in sorted(events_of(trace)):
        watch, listing = ({"on": "request", "verb": verb, "resource": resource, "do": "answer"} for verb in ("watch", "list"))
        yield named(workload, "answer", {**watch, **random.choice(ANSWERS)})
        # Lists are asked for where a watch that begins with all there is was refused.
        yield named(workload, "answer", {**watch, "status": 422, "reason": "Invalid"}, {**listing, **random.choice(ANSWERS)})


def closes(workload, trace):
    """Connections that end: unanswered, after an answer without a word, after each answer that says so, and all of
    them again and again."""
    for n in (1, 4, 9):
        for do in ("close", "hang_up"):
            yield named(workload, "close", {"on": "request", "do": do, "n": n, "count": 3})
    yield named(workload, "close", {"on": "request", "do": "goodbye", "count": 1000})
    for write in writes_of(trace):
        yield named(workload, "storm", {**write, **STORM})


def steps_of(trace):
    """The writes by which the world of our objects goes on."""
    return [write for write in writes_of(trace) if write["resource"] not in ("events", "secrets", "configmaps")]


def stale(workload, trace):
    """Restarted after write k, the operator is shown the newest, and then nothing newer for a while. (What asks for any
    age would be shown the world before k: that it never does, `old_worlds` of oracles.py holds in all runs.)"""
    for write in steps_of(trace):
        yield named(workload, "stale", {**write, "do": "mark"}, {**write, "do": "time_travel", "ms": PAST_MS})


def past(workload, trace):
    """Restarted after write k, the operator is shown the world of before write j for a while, though it asks for the
    newest, and then what came after it. No right server does that. But for its first status, without which it asks
    nobody whether an owner is still there, an operator that says which object and version it means does no harm."""
    steps = steps_of(trace)
    first = next((i for i, step in enumerate(steps) if step.get("subresource") == "status"), len(steps))
    for k, then in enumerate(steps):
        for back in steps[first + 1:k + 1]:
            yield named(workload, "past", {**back, "do": "mark"}, {**then, "do": "time_travel", "ms": PAST_MS},
                        mutants=["any_age_lists"])


def unobserved(workload, trace):
    """From event i of a resource on nothing of it is seen for a while, and then only the newest."""
    for resource, count in sorted(events_of(trace).items()):
        for n in range(1, count + 1):
            yield named(workload, "unobserved", {"on": "event", "resource": resource, "n": n, "do": "hold",
                                                 "ms": HOLD_MS, "compress": True})


def streams(workload, trace):
    """Late, repeated and forgotten events."""
    for resource, count in sorted(events_of(trace).items()):
        whole = {"on": "event", "resource": resource}
        yield named(workload, "stream", {**whole, "do": "duplicate", "times": 3, "count": 1000})
        yield named(workload, "stream", {**whole, "do": "drip", "count": 1000})
        yield named(workload, "stream", {**whole, "do": "drop_bookmarks"})
        for n in range(1, count + 1):
            yield named(workload, "stream", {**whole, "n": n, "do": "gone"})
            yield named(workload, "late", {**whole, "n": n, "do": "hold", "ms": HOLD_MS})


def cuts(workload, trace, random):
    """An event that comes in two pieces, or of which only the first comes: anywhere, and within a character."""
    for resource, count in sorted(events_of(trace).items()):
        for n in range(1, count + 1):
            for do in ({"do": "split", "ms": 300}, {"do": "truncate"}):
                event = {"on": "event", "resource": resource, "n": n, **do}
                yield named(workload, "cut", {**event, "at": random.randint(1, 999)})
                if resource in OF_USERS:
                    yield named(workload, "cut", {**event, "in_character": True})


def slow(workload, trace):
    """From event n of a resource on its watch brings a byte a second, until the operator gives it up (`half_open`)."""
    for resource, count in sorted(events_of(trace).items()):
        for n in range(1, count + 1):
            yield named(workload, "slow", {"on": "event", "resource": resource, "n": n, "do": "trickle", "ms": 1000})


def replays(workload, trace, random):
    """After event n of a resource its watch ends, and the next one tells again what came after an earlier event."""
    for resource, count in sorted(events_of(trace).items()):
        event = {"on": "event", "resource": resource}
        for n in range(2, count + 1):
            yield named(workload, "replay", {**event, "n": random.randint(1, n - 1), "do": "mark"},
                        {**event, "n": n, "do": "replay"})


def rewound(workload, trace, random):
    """A watch is forgotten: as `stale`, though nothing was restarted."""
    for resource, count in sorted(events_of(trace).items()):
        for n in range(2, count + 1):
            event = {"on": "event", "resource": resource}
            yield named(workload, "rewind", {**event, "n": random.randint(1, n - 1), "do": "mark"},
                        {**event, "n": n, "do": "rewind", "ms": PAST_MS})


def crowded(trace):
    """The events (resource, n) before which there is more than one object of the resource."""
    there, seen = collections.defaultdict(set), collections.Counter()
    for line in trace:
        if line["kind"] == "event" and line["type"] not in ("BOOKMARK", "ERROR"):
            here = there[line["resource"]]
            seen[line["resource"]] += 1
            if len(here) > 1:
                yield line["resource"], seen[line["resource"]]
            (here.discard if line["type"] == "DELETED" else here.add)(line["name"])


def in_pages(resource):
    """After the start this is listed, an object a page, and the token of the second page is too old."""
    about = {"on": "request", "resource": resource}
    return ({**about, "verb": "watch", "initial": True, "n": 2, "count": 1000, "do": "answer", "status": 422,
             "reason": "Invalid"},
            {**about, "verb": "list", "do": "pages", "limit": 1, "count": 1000},
            {**about, "verb": "list", "continued": True, "do": "answer", "status": 410, "reason": "Expired"})


def pages(workload, trace):
    for resource, n in crowded(trace):
        yield named(workload, "pages", {"on": "event", "resource": resource, "n": n, "do": "gone"}, *in_pages(resource))
    for write in writes_of(trace):
        if write["resource"] in ("pods", "deployments"):
            yield named(workload, "pages", {**write, "do": "kill_after_reply"}, *in_pages("pods"))


def endless(workload, trace):
    """Watches whose initial events never end: of one resource, and of all."""
    whole = {"on": "request", "verb": "watch", "initial": True, "count": 1000, "do": "no_initial_end"}
    for resource in sorted(events_of(trace)):
        yield named(workload, "endless", {**whole, "resource": resource})
    yield named(workload, "endless", whole)


def certificates(workload, trace, random):
    """Instead of write k every connection breaks, and who comes again meets another certificate."""
    for write in writes_of(trace):
        yield named(workload, "certificate", {**write, "do": "certificate", "certificate": random.choice(CERTIFICATES),
                                              "ms": PAST_MS})


def half_open(workload, trace):
    """At write k every connection falls silent, or at event n of a resource the one of its watch: nothing passes any
    more, nobody closes it, and new connections are served. It lasts until the operator gives them up, which its own
    deadlines decide: 4 s for the lease, 30 s for a call (which gives up the pooled connections with its own), for
    a watch five seconds beyond its time, which is 100 s at most. So the run takes two minutes, most of them idle."""
    for write in writes_of(trace):
        yield named(workload, "half_open", {**write, "do": "half_open"})
    for resource, count in sorted(events_of(trace).items()):
        for n in range(1, count + 1):
            yield named(workload, "half_open", {"on": "event", "resource": resource, "n": n, "do": "half_open"})


def corrupted(workload, trace, random):
    """Before the true event a false one is told; `garbled`: one that no reader can take for an object of that kind."""
    for resource, count in sorted(events_of(trace).items()):
        for n in range(1, count + 1):
            for family, lies in (("garbled", GARBLED), ("corrupt", LIES.get(resource, ()) + OF_ANY)):
                yield named(workload, family, {"on": "event", "resource": resource, "n": n, "do": "corrupt",
                                               "ms": HOLD_MS, **random.choice(lies)})


def all_plans(workload, trace, random):
    return [*kills(workload, trace), *lost_answers(workload, trace, random), *reads(workload, trace, random),
            *closes(workload, trace), *stale(workload, trace), *past(workload, trace), *unobserved(workload, trace),
            *streams(workload, trace), *cuts(workload, trace, random), *slow(workload, trace),
            *rewound(workload, trace, random), *replays(workload, trace, random), *pages(workload, trace),
            *endless(workload, trace), *certificates(workload, trace, random), *corrupted(workload, trace, random),
            *half_open(workload, trace)]


# How many of a family are drawn of each workload; of the others all are run.
DRAWN = {"stale": 14, "past": 8, "late": 6, "stream": 12, "cut": 6, "slow": 1, "answer": 14, "reply": 24, "storm": 6,
         "rewind": 4, "replay": 6, "pages": 4, "endless": 2, "certificate": 6, "garbled": 4, "corrupt": 8, "half_open": 2}


def draw(plans, random, at_most=None):
    """A seeded choice; kill points and what was not observed are complete unless `at_most` says less."""
    families = collections.defaultdict(list)
    for plan in plans:
        families[plan.workload, plan.family].append(plan)
    chosen = []
    for (_, family), members in sorted(families.items()):
        chosen += random.sample(members, min(len(members), DRAWN.get(family, len(members))))
    if at_most is not None and at_most < len(chosen):
        chosen = random.sample(chosen, at_most)
    return chosen
