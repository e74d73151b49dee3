"""What must hold after a run, whatever the plan did. Each oracle gives sentences; none is good.

O1 the end state is the clean run's, but for what two clean runs do not share; O2 so are the numbers of objects
made and deleted, by name; O3 no index has two live pods, no pod is made for an owner that is gone, no terminal
condition flips, no job restarts more often than it may, no delete reaches another UID than was meant, nothing is sent
to a server whose certificate is wrong, no world of any age is asked for, nor one that is older than what is known;
O4 the run came to its end, gave up what was half open, and then wrote nothing (noted by the rig); O5 the operator did
not end by itself (noted by the rig); O6 it asked no more of the API server than it may (budget.py).

What two clean runs do not share is left out (masked); where that would be the spec of a pod, or how many pods,
Services or Deployments were made or deleted, the clean runs are refused.

Where a lie was told that a right event could tell too, or a past that is over, the operator may act on it: of O1 then
only that the same objects are there is held, and O2 is not."""
import collections
import json
import re

from tests.faults.budget import Budget
from tests.faults.kubelet import FINISHED, INDEX, JOB

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
AUTHORITY = "-----BEGIN CERTIFICATE-----"
# Of the server's making, different each time.
NOT_COMPARED = {"uid", "resourceVersion", "managedFields", "creationTimestamp", "deletionTimestamp", "generation",
                "deployment.kubernetes.io/revision", "clusterIP", "clusterIPs", "pod-template-hash"}
# What two clean runs may not differ in: what is never compared hides whatever goes wrong there.
NEVER_MASKED = re.compile(r"pods/[^/]+/spec(/|$)")
NEVER_MASKED_COUNT = re.compile(r"\w+ (pods|services|deployments)/")


def plain_name(thing):
    """The name, without the hash of a template that holds the namespace's name and without drawn letters."""
    meta = thing["metadata"]
    base = meta.get("generateName")
    return plain(f"{base}*" if base else meta["name"], thing)


def plain(text, thing):
    """Without what only this run has: the namespace, the hash of its templates, drawn names, UIDs of owners."""
    meta = thing["metadata"]
    drawn = {meta["namespace"]: "NAMESPACE", meta.get("labels", {}).get("pod-template-hash"): "HASH"}
    if "generateName" in meta:
        drawn[meta["name"]] = "DRAWN"
    drawn.update({owner["uid"]: "OWNER" for owner in meta.get("ownerReferences", [])})
    for found, instead in sorted(((a, b) for a, b in drawn.items() if a), key=lambda pair: -len(pair[0])):
        text = text.replace(found, instead)
    return text


def leaves(value, path=""):
    if isinstance(value, dict):
        for key, below in value.items():
            if key == "templateDigest":  # of a template that holds the namespace's name
                yield f"{path}/{key}", "DIGEST"
            elif key not in NOT_COMPARED:
                yield from leaves(below, f"{path}/{key}")
    elif isinstance(value, list):
        for index, below in enumerate(value):
            name = below.get("type", below.get("name", index)) if isinstance(below, dict) else index
            yield from leaves(below, f"{path}/{name}")
    else:
        yield path, same_in_all_runs(value) if isinstance(value, str) else value


def same_in_all_runs(text):
    """Of a time that it is one, of authorities how many there are: each run has its own."""
    if AUTHORITY in text:
        return f"{text.count(AUTHORITY)} AUTHORITIES"
    return "TIME" if TIME.match(text) else text


def flatten(seen):
    """{path: value} of the end state."""
    found = {}
    for (kind, _), thing in seen.state.items():
        if kind == "secrets":
            thing = {"metadata": {key: thing["metadata"][key] for key in ("name", "namespace")}}
        root = f"{kind}/{plain_name(thing)}"
        for path, value in leaves(thing, root):
            found[plain(path, thing)] = plain(value, thing) if isinstance(value, str) else value
    return found


def counts(seen):
    """How often each object was made and deleted."""
    found = collections.Counter()
    for event in seen.events:
        if event.type in ("ADDED", "DELETED"):
            found[f"{event.type.lower()} {event.kind}/{plain_name(event.object)}"] += 1
    return found


class Clean:
    """What two clean runs of a workload agree upon."""

    def __init__(self, first, second):
        one, two = flatten(first), flatten(second)
        self.state = {path: value for path, value in one.items() if two.get(path, self) == value}
        self.masked = {path for path in one.keys() | two.keys() if path not in self.state}
        a, b = counts(first), counts(second)
        self.counts = {key: a[key] for key in a.keys() | b.keys() if a[key] == b[key]}
        self.masked_counts = {key for key in a.keys() | b.keys() if a[key] != b[key]}
        self.budget = Budget(first, second)
        self.seen = first
        if hidden := self.hidden():
            raise AssertionError(f"two clean runs differ where no run may, and nothing would be held there: {hidden}")

    def hidden(self):
        """What is masked and must not be."""
        return sorted({path for path in self.masked if NEVER_MASKED.match(path)} |
                      {key for key in self.masked_counts if NEVER_MASKED_COUNT.match(key)})

    def differences(self, seen, lied_to=False):
        state = flatten(seen)
        yield from self.other_objects(state)
        if not lied_to:
            yield from self.other_state(state)
            yield from self.other_counts(counts(seen))
        for oracle in (two_live_pods, orphans, flips, restarts):
            yield from oracle(seen.events)
        yield from wrong_deletes(seen.trace)
        yield from strangers(seen.trace)
        yield from old_worlds(seen.trace, lied_to)
        yield from seen.problems
        yield from self.budget.overruns(seen)

    def other_counts(self, found):
        for key in sorted(self.counts.keys() | found.keys()):
            if key not in self.masked_counts and found[key] != self.counts.get(key, 0):
                yield f"O2: {key}: {found[key]} times, in the clean run {self.counts.get(key, 0)}"

    def other_objects(self, state):
        there, wanted = objects(state), objects(self.state.keys() | self.masked)
        yield from (f"O1: there is {name}, which the clean run has not" for name in sorted(there - wanted))
        yield from (f"O1: {name} is not there" for name in sorted(wanted - there))

    def other_state(self, state):
        there, wanted = objects(state), objects(self.state.keys() | self.masked)
        for path in sorted(self.state.keys() | state.keys()):
            if path in self.masked or not objects([path]) <= there & wanted:
                continue
            found, clean = state.get(path, "nothing"), self.state.get(path, "nothing")
            if found != clean:
                yield f"O1: {path} is {json.dumps(found)}, in the clean run {json.dumps(clean)}"


def objects(paths):
    return {"/".join(path.split("/", 2)[:2]) for path in paths}


def two_live_pods(events):
    live = collections.defaultdict(dict)  # (job, index) -> {pod uid: name}
    for event in events:
        meta = event.object["metadata"]
        labels = meta.get("labels", {})
        if event.kind != "pods" or JOB not in labels:
            continue
        place = live[labels[JOB], labels[INDEX]]
        if event.type == "DELETED" or event.object.get("status", {}).get("phase") in FINISHED:
            place.pop(meta["uid"], None)
        else:
            place[meta["uid"]] = meta["name"]
        if len(place) > 1:
            yield f"O3: worker {labels[INDEX]} has two live pods at {event.version}: {sorted(place.values())}"


def orphans(events):
    owners = set()
    for event in events:
        meta = event.object["metadata"]
        if event.kind in ("trainingjobs", "modelservices"):
            owners.discard(meta["uid"]) if event.type == "DELETED" else owners.add(meta["uid"])
        elif event.type == "ADDED":
            for owner in meta.get("ownerReferences", []):
                if owner["kind"] in ("TrainingJob", "ModelService") and owner["uid"] not in owners:
                    yield f"O3: {event.kind}/{meta['name']} was made for an owner that was gone"


def flips(events):
    ended = {}
    for event in events:
        if event.kind != "trainingjobs":
            continue
        is_true = {one["type"] for one in event.object.get("status", {}).get("conditions", []) if one["status"] == "True"}
        uid = event.object["metadata"]["uid"]
        before = ended.get(uid)
        now = is_true & {"Complete", "Failed"}
        if before and now != before:
            yield f"O3: the job was {before} and then {now or 'neither'} at {event.version}"
        if now:
            ended[uid] = now


def restarts(events):
    for event in events:
        if event.kind == "trainingjobs":
            allowed = event.object["spec"].get("failurePolicy", {}).get("maxRestarts", 3)
            if event.object.get("status", {}).get("restarts", 0) > allowed:
                yield f"O3: the job restarted more than {allowed} times at {event.version}"
                return


def strangers(trace):
    for line in trace:
        if line["kind"] == "request" and "certificate" in line:
            yield f"O3: {line['verb']} {line['resource']} was sent to a server whose certificate is {line['certificate']}"


def old_worlds(trace, lied_to=False):
    """No list and no watch asks for any age ("0"), nor a process for an older version of the same things than it asked
    for before: that one it was told. (Of the events in the trace nobody knows whether it read them: a proxy may hold
    them, and a connection break.) A version that a lie told may be any."""
    known = {}
    for line in trace:
        if line["kind"] == "kill":
            known.clear()
        if line["kind"] != "request" or line["verb"] not in ("list", "watch") or "from" not in line:
            continue
        about = line["resource"], line.get("of"), line.get("one")
        version = int(line["from"]) if line["from"].isdecimal() else 0
        if version == 0:
            yield f"O3: a {line['verb']} of {line['resource']} asks for any age: {line['from']!r}"
        elif not lied_to and version < known.get(about, 0):
            yield f"O3: a {line['verb']} of {line['resource']} asks for {version}, though {known[about]} was known"
        known[about] = max(known.get(about, 0), version)


def wrong_deletes(trace):
    meant = {line["id"]: line for line in trace if line["kind"] == "request" and line["verb"] == "delete"}
    for line in trace:
        asked = meant.get(line.get("id")) if line["kind"] in ("response", "late") else None
        if asked is None:
            continue
        if "uid" not in asked:
            yield f"O3: {asked['resource']}/{asked['name']} is deleted without saying which"
        elif line["status"] < 300 and line.get("uid", "") not in ("", asked["uid"]):
            yield f"O3: the delete of {asked['resource']}/{asked['name']} reached another object of that name"
