"""The proof that the oracles see what they are there for: an operator, a server or a proxy without one of its rules."""
from tests.faults.budget import hurry
from tests.faults.oracles import orphans
from tests.faults.plans import Named
from tests.faults.rig import Run
from tests.faults.workloads import WORKLOADS, touched
from tests.support.cluster import BUILD

POD = {"on": "event", "resource": "pods"}
STATUS = {"on": "request", "verb": "patch", "resource": "trainingjobs", "subresource": "status", "name": "digits"}
DELETE = {"on": "request", "verb": "delete", "resource": "pods", "name": "digits-0"}
# Restarted when all is over, the operator would begin a round in a job that is complete.
BEFORE_ROUND = {**STATUS, "n": 2, "do": "mark"}


def without(rule):
    """The operator without one of its rules."""
    return {"binary": BUILD / "tests" / "faults" / f"cresset_without_{rule}"}


def differences(suite, workload, rules, mutants=()):
    plan, found, fired = suite.hold(Named(workload, "stale", "by hand", {"rules": rules, "mutants": list(mutants)}))
    assert fired, "the plan did nothing"
    return found


def travel(suite, workload, mark):
    """Killed after the last status, the operator is shown the world before `mark`."""
    trace = suite.clean[workload].seen.trace
    last = sum(1 for line in trace if line["kind"] == "request" and line["subresource"] == "status")
    return [mark, {**STATUS, "n": last, "do": "time_travel", "ms": 2500}]


def test_a_delete_that_comes_again_late_meets_nobody_unless_the_server_forgets_its_uid(suite):
    # Late enough that the pod's successor is there; whether the job is done by then, the machine decides.
    again = [{**DELETE, "do": "duplicate", "ms": 2500}]
    assert differences(suite, "suspend", again) == []
    found = differences(suite, "suspend", again, ["strip_delete_uid"])
    assert "O2: deleted pods/digits-0: 2 times, in the clean run 1" in found
    assert "O3: the delete of pods/digits-0 reached another object of that name" in found


def test_a_status_from_the_past_is_refused_unless_the_server_forgets_its_version(suite):
    past = travel(suite, "failure", BEFORE_ROUND)
    assert differences(suite, "failure", past) == []
    found = differences(suite, "failure", past, ["any_age_lists", "strip_status_version"])
    assert any(one.startswith("O3: the job was {'Complete'} and then") for one in found), found


def test_a_watch_that_is_forgotten_begins_at_the_newest_unless_the_server_shows_the_past_to_those_who_ask_for_it(suite):
    # Both pods run; then one fails and is replaced, and when the job is nearly done the pods are as they were.
    rewound = [{**POD, "n": 6, "do": "mark"}, {**POD, "n": 11, "do": "rewind", "ms": 2500}]
    assert differences(suite, "failure", rewound) == []
    # Which is written first, that the round is on or what the past seems to say (a restart more, or one that never ended), is
    # chance: about every third time.
    tries = (differences(suite, "failure", rewound, ["any_age_lists"]) for _ in range(30))
    assert any(one.startswith("O1: trainingjobs/digits/status/") for found in tries for one in found)


def test_what_was_written_and_is_not_seen_yet_is_not_written_again_unless_the_gate_is_taken_out(suite):
    late = {"rules": [{**POD, "do": "hold", "ms": 3000}]}

    def overruns(**operator):
        _, seen = suite.run("failure", late, script=touched, **operator)
        return list(suite.clean["failure"].budget.overruns(seen))

    assert overruns() == []
    found = overruns(**without("gate"))
    assert any(one.startswith("O6: create pods/digits-0 ") for one in found), found


def with_and_without(suite, rule, run):
    """What the operator does, and at the same time one without the rule."""
    with suite.pool() as pool:
        both = pool.submit(run), pool.submit(run, **without(rule))
    return [one.result() for one in both]


def test_nothing_is_made_for_an_owner_that_is_gone_unless_the_look_at_it_is_taken_out(suite):
    # Its children are gone, and that it is gone itself is seen later, however slow the garbage collector.
    late = {"rules": [{"on": "event", "resource": "trainingjobs", "type": "DELETED", "do": "hold", "ms": 12000}]}

    def strays(**operator):
        return list(orphans(suite.run("deletion", late, **operator)[1].events))

    right, wrong = with_and_without(suite, "owner_look", strays)
    assert right == []
    # The two are made at once, and the garbage collector may take either away before it is seen.
    strayed = [f"O3: {one}/digits-workers was made for an owner that was gone" for one in ("services", "networkpolicies")]
    assert set(strayed) & set(wrong), wrong


def test_a_beginning_that_never_ends_is_given_up_unless_the_patience_has_no_end(suite):
    endless = {"rules": [{"on": "request", "verb": "watch", "initial": True, "count": 1000, "do": "no_initial_end"}]}

    def problems(**operator):
        name = f"endless-{len(operator)}"
        return Run(suite.lab, name, endless, patience=30, **operator).execute(WORKLOADS["hopeless"]).problems

    assert with_and_without(suite, "patience", problems) == [[], ["O4: not within 30 s: round 1 is on"]]


def test_a_server_that_forgets_every_version_is_asked_slowly_unless_the_pace_is_taken_out(suite):
    forgets = {"rules": [{"on": "request", "verb": "watch", "resource": "trainingjobs", "initial": True, "count": 7,
                          "do": "answer", "status": 410, "reason": "Expired"}]}

    def hurries(**operator):
        return list(hurry(suite.run("hopeless", forgets, **operator)[1].trace))

    assert with_and_without(suite, "pace", hurries) == [
        [], ["O6: watch trainingjobs was asked more than 5 times within a second"]]
