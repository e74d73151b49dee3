"""The end state of a namespace, without what differs from run to run, and the differences between two of them.

Two ways to one spec end in one state, but for what a design keeps on purpose: a service whose wanted revision cannot
be ready goes on with the one before (`bad`), and a count that the load decides stays while nothing is known of it."""
import collections
import json

from tests.faults.oracles import leaves, plain, plain_name

KEPT = {"pods": ("metadata", "spec"), "services": ("metadata", "spec"), "networkpolicies": ("metadata", "spec"),
        "deployments": ("metadata", "spec"), "trainingjobs": ("spec", "status"), "modelservices": ("spec", "status")}
# Counters of what happened on the way, and times.
OF_THE_WAY = {"round", "restarts", "observedGeneration", "membersDigest", "startTime", "completionTime", "progressTime"}
ENDED = ("Complete", "Failed")

# `leaves` {path: value} of all objects; `conditions` {type: (status, reason)}; `spec` of the owner as it is stored.
State = collections.namedtuple("State", "leaves conditions spec bad ended")


def conditions_of(status):
    return {one["type"]: (one["status"], one["reason"]) for one in status.get("conditions", [])}


def is_bad(kind, conditions):
    """Whether the spec cannot be had: nothing of it is ready, or the API server refuses a child."""
    if kind == "trainingjobs":
        return conditions.get("Running", ("", ""))[1] == "Refused" or conditions.get("Failed", ("", ""))[0] == "True"
    return conditions.get("ModelLoaded", ("", ""))[0] == "False" or conditions.get("Ready", ("", ""))[1] == "Refused"


def end_state(kind, name, objects):
    """`objects` is {(kind, name): object} of the namespace."""
    owner = objects[kind, name]
    conditions = conditions_of(owner.get("status", {}))
    found = collections.defaultdict(list)
    for (one, _), thing in objects.items():
        if one in KEPT and not (one == "pods" and "deletionTimestamp" in thing["metadata"]):
            found[f"{one}/{plain_name(thing)}"].append(normalised(one, thing, owner["metadata"]["uid"]))
    flat = {}
    for path, same in found.items():
        for number, inside in enumerate(sorted(same, key=repr)):
            flat.update({f"{path}#{number}{below}": value for below, value in inside.items()})
    ended = any(conditions.get(one, ("", ""))[0] == "True" for one in ENDED)
    return State(flat, shown_conditions(kind, owner, conditions), owner["spec"], is_bad(kind, conditions), ended)


def normalised(kind, thing, owner):
    """{path: value} of one object."""
    kept = {key: thing[key] for key in KEPT[kind] if key in thing}
    if "status" in kept:
        kept["status"] = {key: value for key, value in kept["status"].items() if key not in OF_THE_WAY | {"conditions"}}
        kept["status"].pop("scaling", None)  # why the count was last changed, whenever that was
        if (thing.get("spec") or {}).get("suspend"):
            for key in ("members", "worldSize", "templateDigest"):
                kept["status"].pop(key, None)  # of the round before, if there was one
    found = {}
    for path, value in leaves(kept):
        for below, inside in opened(value):
            inside = plain(inside, thing).replace(owner, "OWNER") if isinstance(inside, str) else inside
            found[plain(path + below, thing)] = inside
    return found


def opened(value):
    """The leaves of JSON that stands in a text, as in a variable or an annotation; else the value."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            for path, below in leaves(json.loads(value)):
                yield from ((path + further, inside) for further, inside in opened(below))
            return
        except ValueError:
            pass
    yield "", value


def shown_conditions(kind, owner, conditions):
    if kind == "trainingjobs":  # a condition that never was is as one that is no more
        return {one: found for one, found in conditions.items() if found[0] == "True" or one == "Running"}
    found = dict(conditions)
    if "scaling" not in owner["spec"] and owner["spec"].get("replicas") == 0:
        found.pop("ModelLoaded", None)  # a replica that was there has shown that it loads
    return found


def objects_of(state):
    return {path.split("#")[0] for path in state.leaves}


def is_counted_by_load(state):
    return "scaling" in state.spec


def count_matters(path):
    return path.endswith(("/spec/replicas", "/status/replicas", "/status/readyReplicas"))


def differences(found, fresh):
    """What the state that was reached on the way has otherwise than the one from fresh, in words."""
    yield from (f"the condition {one} is {found.conditions.get(one)}, from fresh {fresh.conditions.get(one)}"
                for one in sorted(fresh.conditions.keys() | found.conditions.keys())
                if differs(one, found, fresh))
    there, wanted = objects_of(found), objects_of(fresh)
    if not (fresh.bad or stays(fresh)):
        yield from (f"there is {one}, which is not there from fresh" for one in sorted(there - wanted))
    yield from (f"{one} is not there" for one in sorted(wanted - there))
    for path in sorted(fresh.leaves.keys() | found.leaves.keys()):
        if path.split("#")[0] in there & wanted and matters(path, fresh):
            one, other = found.leaves.get(path, "nothing"), fresh.leaves.get(path, "nothing")
            if one != other:
                yield f"{path} is {json.dumps(one)}, from fresh {json.dumps(other)}"
    if is_counted_by_load(fresh):
        yield from out_of_bounds(found, fresh.spec["scaling"])


def differs(condition, found, fresh):
    if fresh.bad and "Ready" in fresh.conditions:  # the revision before may go on, but it must be told why
        status, reason = fresh.conditions.get(condition, ("", ""))
        if not (condition == "ModelLoaded" and status == "False" or condition == "RolledOut" and reason == "Refused"):
            return False
    return found.conditions.get(condition) != fresh.conditions.get(condition)


def stays(state):
    """A job that is suspended, or over, keeps the Service and the policy that it had."""
    return state.ended or state.spec.get("suspend") is True


def matters(path, fresh):
    # A template is rendered once: the count in it is that of the first round, and workers only tell it in an error.
    if path.endswith("/CRESSET_CONFIG/value/workers"):
        return False
    if is_counted_by_load(fresh) and (count_matters(path) or path.startswith("pods/")):
        return False
    if fresh.bad:
        return path.startswith(("modelservices/", "trainingjobs/")) and "/spec/" in path or path.startswith("deployments/")
    return True


def out_of_bounds(state, scaling):
    low, high = max(1, scaling.get("min", 0)), scaling["max"]
    for path, value in state.leaves.items():
        if path.startswith("deployments/") and path.endswith("/spec/replicas") and not low <= value <= high:
            yield f"{path} is {value}, outside of {low} to {high}"
