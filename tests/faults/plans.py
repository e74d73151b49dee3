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


@dataclasses.dataclass(frozen=True)
class Named:
    """A plan of a workload; `family` is what it is counted under."""
    workload: str
    family: str
    name: str
    plan: dict


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
    how = " ".join(str(rule[key]) for key in ("certificate", "path", "value") if key in rule)
    return " ".join(f"{rule['do']} {rule.get('verb', '')} {about} #{rule.get('n', 1)} {how}".split())


def named(workload, family, *rules):
    return Named(workload, family, "; ".join(title(rule) for rule in rules), {"rules": list(rules)})


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
    for n in (1, 4, 9):
        yield named(workload, "close", {"on": "request", "do": "close", "n": n, "count": 3})


def stale(workload, trace):
    """Restarted after write k, the operator is shown the world as it was before write j, where it asks for one of any
    age. Ours asks for no such list: what it is shown is the newest, and nothing newer for a while, so that these plans
    find nothing by their past unless the mutant `any_age_lists` shows it all the same (faults_test.py). That it asks
    for none is what `old_worlds` of oracles.py holds, in all runs."""
    all_writes = [write for write in writes_of(trace)
                  if write["resource"] not in ("events", "secrets", "configmaps")]
    for k, then in enumerate(all_writes):
        for back in all_writes[:k + 1]:
            yield named(workload, "stale", {**back, "do": "mark"}, {**then, "do": "time_travel", "ms": PAST_MS})


def unobserved(workload, trace):
    """From event i of a resource on nothing of it is seen for a while, and then only the newest."""
    for resource, count in sorted(events_of(trace).items()):
        for n in range(1, count + 1):
            yield named(workload, "unobserved", {"on": "event", "resource": resource, "n": n, "do": "hold",
                                                 "ms": HOLD_MS, "compress": True})


def streams(workload, trace):
    """Late, repeated, broken and forgotten events."""
    for resource, count in sorted(events_of(trace).items()):
        whole = {"on": "event", "resource": resource}
        yield named(workload, "stream", {**whole, "do": "duplicate", "times": 3, "count": 1000})
        yield named(workload, "stream", {**whole, "do": "drip", "count": 1000})
        yield named(workload, "stream", {**whole, "do": "drop_bookmarks"})
        for n in range(1, count + 1):
            for do in ("gone", "truncate"):
                yield named(workload, "stream", {**whole, "n": n, "do": do})
            yield named(workload, "late", {**whole, "n": n, "do": "hold", "ms": HOLD_MS})


def rewound(workload, trace, random):
    """A watch is forgotten, and what allows any age (`stale`) is shown an older world, though nothing was restarted."""
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
            *stale(workload, trace), *unobserved(workload, trace), *streams(workload, trace),
            *rewound(workload, trace, random), *pages(workload, trace), *endless(workload, trace),
            *certificates(workload, trace, random), *corrupted(workload, trace, random), *half_open(workload, trace)]


# How many of a family are drawn of each workload; of the others all are run.
DRAWN = {"stale": 14, "late": 6, "stream": 12, "answer": 14, "reply": 24, "rewind": 4, "pages": 4, "endless": 2,
         "certificate": 6, "garbled": 4, "corrupt": 8, "half_open": 2}


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
