"""A seeded part of `./dev faults`, and the proof that the oracles see what they are there for."""
import collections
import json
import random
import subprocess

import pytest

from tests.faults.budget import hurry
from tests.faults.oracles import orphans
from tests.faults.plans import Named, all_plans, draw
from tests.faults.rig import Run
from tests.faults.suite import Suite
from tests.faults.workloads import WORKLOADS, Job, touched
from tests.support.cluster import BUILD

SEED = 20261125
STATUS = {"on": "request", "verb": "patch", "resource": "trainingjobs", "subresource": "status", "name": "digits"}
DELETE = {"on": "request", "verb": "delete", "resource": "pods", "name": "digits-0"}
# Restarted when all is over, the operator would begin a round in a job that is complete.
BEFORE_ROUND = {**STATUS, "n": 2, "do": "mark"}
OTHERS = ("answer", "reply", "close", "late", "stream")
POD = {"on": "event", "resource": "pods"}


@pytest.fixture(scope="module")
def suite(lab, tmp_path_factory):
    suite = Suite(lab, SEED, jobs=4, quiet=3.0, kept=tmp_path_factory.mktemp("kept"))
    suite.learn(["failure", "suspend"])
    return suite


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


HELD = {}  # by test: whether its plans can wait, and what chooses them


def holds(choose, first=False):
    """The plans of a test. Those of all tests are begun together, so that no test waits for the last of another; the
    `first`, which take long, before the others."""
    def note(test):
        HELD[test.__name__] = not first, choose
        return test
    return note


@pytest.fixture(scope="module")
def begun(suite, request):
    """{test: its runs, of which some go on}, of the tests that were asked for."""
    wanted = {item.function.__name__ for item in request.session.items if item.module is request.module}
    with suite.pool() as pool:
        yield {test: [pool.submit(suite.hold, plan) for plan in choose(suite)]
               for test, (_, choose) in sorted(HELD.items(), key=lambda held: held[1][0]) if test in wanted}
        pool.shutdown(cancel_futures=True)


@pytest.fixture
def results(begun, request):
    return [future.result() for future in begun[request.function.__name__]]


def all_end_the_same(results):
    """Each of them did something and none changed anything."""
    assert [(plan.name, found) for plan, found, _ in results if found] == []
    assert results


def kills_of_a_failing_job(suite, kill):
    """A kill at every write: pods, Service, policy, events and each status."""
    plans = [plan for plan in suite.plans() if (plan.workload, plan.family) == ("failure", "kill")
             and plan.plan["rules"][0]["do"] == kill]
    assert sum("status" in plan.name for plan in plans) >= 3
    return plans


def some(suite, **families):
    """So many plans of each of these families, by the seed."""
    chance = random.Random(SEED)
    return [plan for family, count in families.items()
            for plan in chance.sample([plan for plan in suite.plans() if plan.family == family], count)]


def of_a_failing_job(suite, family, fits):
    """One of its plans of a family, whose first rule fits."""
    return random.Random(SEED).choice([plan for plan in suite.plans() if (plan.workload, plan.family) == ("failure", family)
                                       and fits(plan.plan["rules"][0])])


def early_of_a_pod(rule):
    return (rule["on"], rule["resource"]) == ("event", "pods") and rule["n"] <= 4


def deaf(suite):
    """All connections half open from one of a failing job's writes on, and the watch of its pods from an early event on."""
    return [of_a_failing_job(suite, "half_open", lambda rule: rule["on"] == "request"),
            of_a_failing_job(suite, "half_open", early_of_a_pod)]


def each_did_something(results):
    return all(fired for *_, fired in results)


@holds(lambda suite: kills_of_a_failing_job(suite, "kill_before"))
def test_killed_before_any_of_its_writes_it_ends_the_same(results):
    all_end_the_same(results)
    assert each_did_something(results)


@holds(lambda suite: kills_of_a_failing_job(suite, "kill_after_commit"))
def test_killed_after_a_write_took_effect_and_before_its_answer_it_ends_the_same(results):
    all_end_the_same(results)
    assert each_did_something(results)


@holds(lambda suite: kills_of_a_failing_job(suite, "kill_after_reply"))
def test_killed_between_an_answer_and_the_next_step_it_ends_the_same(results):
    all_end_the_same(results)
    assert each_did_something(results)


@holds(lambda suite: [plan for plan in suite.plans() if (plan.workload, plan.family) == ("suspend", "unobserved")])
def test_events_that_are_not_seen_until_one_that_cancels_them_change_nothing(results):
    all_end_the_same(results)


@holds(lambda suite: some(suite, stale=12))
def test_shown_the_world_of_before_any_of_its_writes_it_ends_the_same(results):
    all_end_the_same(results)


@holds(lambda suite: some(suite, past=3))
def test_shown_a_past_though_it_asked_for_the_newest_it_breaks_no_rule(results):
    all_end_the_same(results)


@holds(lambda suite: some(suite, replay=2))
def test_events_that_a_watch_tells_once_more_break_no_rule(results):
    all_end_the_same(results)


@holds(lambda suite: some(suite, cut=3))
def test_an_event_that_comes_in_pieces_or_in_part_changes_nothing(results):
    all_end_the_same(results)


@holds(lambda suite: some(suite, storm=2))
def test_connections_that_all_break_again_and_again_change_nothing(results):
    all_end_the_same(results)


@holds(lambda suite: some(suite, pages=2))
def test_a_list_whose_later_page_is_too_old_changes_nothing(results):
    all_end_the_same(results)
    assert each_did_something(results)


@holds(lambda suite: some(suite, endless=1))
def test_watches_that_never_say_where_their_beginning_ends_change_nothing(results):
    all_end_the_same(results)
    assert each_did_something(results)


@holds(lambda suite: some(suite, certificate=3))
def test_a_server_with_another_certificate_is_sent_nothing_and_a_new_authority_is_found_without_a_restart(results):
    all_end_the_same(results)


@holds(lambda suite: some(suite, garbled=2, corrupt=2))
def test_an_event_with_a_field_that_is_wrong_breaks_no_rule(results):
    all_end_the_same(results)


@holds(lambda suite: draw([plan for plan in suite.plans() if plan.family in OTHERS], random.Random(SEED), at_most=16))
def test_a_seeded_part_of_all_other_plans_changes_nothing_of_how_it_ends(results):
    all_end_the_same(results)


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
    # Which is written first, that the round is on or what the past seems to say, is chance: every other time.
    tries = (differences(suite, "failure", rewound, ["any_age_lists"]) for _ in range(10))
    assert any(one.startswith("O1: trainingjobs/digits/status/restarts") for found in tries for one in found)


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
    # Its children are gone, and that it is gone itself is seen late.
    late = {"rules": [{"on": "event", "resource": "trainingjobs", "type": "DELETED", "do": "hold", "ms": 5000}]}

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


def requests(seen, verb, resource):
    """When, in ms of the run, each of these was sent."""
    return [line["ms"] for line in seen.trace
            if line["kind"] == "request" and (line["verb"], line["resource"]) == (verb, resource)]


def gaps(times):
    return [then - before for before, then in zip(times, times[1:])]


def test_a_server_that_throttles_is_waited_for_as_it_asks_and_the_lease_is_renewed_on_time(suite):
    throttled = [{"on": "request", "verb": "create", "resource": kind, "do": "answer", "count": count, "status": 429,
                  "reason": "TooManyRequests", "retry_after": 1} for kind, count in (("services", 11), ("pods", 3))]
    run, seen = suite.run("failure", {"rules": throttled})
    assert list(suite.clean["failure"].differences(seen)) == []
    # After three waits the call ends and the job is tried again.
    asked = requests(seen, "create", "services")
    assert len(asked) >= 11 and sum(gap >= 1000 for gap in gaps(asked)) >= 8, asked
    renewals = requests(seen, "update", "leases")
    assert len(renewals) >= 5 and max(gaps(renewals)) < 5000, renewals
    assert len(run.operators) == 1


def told_to_stop(suite, workers, ms):
    """An operator that is told to stop while the create of the first pod takes `ms`, and the one after it: what was
    seen, how many pods lived when the first had ended, and the longest time between two renewals of the lease."""
    alive = []

    def stop_in_the_middle(world):
        job = Job(world)
        job.submit(workers)
        world.wait(lambda: any(line.get("name") == "digits-0" for line in world.trace()), "the first pod is asked for")
        world.operators[0].process.terminate()
        world.wait(lambda: len(world.operators) == 2, "the first one has ended")
        alive.extend(job.live())
        job.wait_for_round(1)

    slow = {"on": "request", "verb": "create", "resource": "pods", "name": "digits-0", "do": "delay", "ms": ms}
    seen = Run(suite.lab, f"told-to-stop-{ms}", {"rules": [slow]}).execute(stop_in_the_middle)
    assert [problem.split(":")[1] for problem in seen.problems] == [" the operator ended by itself with 0"], seen.problems
    return seen, len(alive), max(gaps(requests(seen, "update", "leases")))


def test_told_to_stop_while_it_writes_it_finishes_and_hands_over_and_the_next_leads_at_once(suite):
    seen, alive, gap = told_to_stop(suite, 4, ms=1500)
    assert alive == 4, "what was begun is finished"
    assert len(requests(seen, "create", "pods")) == 4
    assert gap < 5000, "nobody waited for the lease to run out"


def test_told_to_stop_while_a_write_hangs_it_gives_the_lease_up_all_the_same(suite):
    _, _, gap = told_to_stop(suite, 2, ms=8000)
    assert gap < 6000, "nobody waited for the lease to run out"


# As long as the operator is deaf (two minutes), the tests above go on.
@holds(deaf, first=True)
def test_half_open_connections_are_given_up_and_what_was_missed_is_made_up_for(results):
    all_end_the_same(results)
    assert each_did_something(results)


@holds(lambda suite: [of_a_failing_job(suite, "slow", early_of_a_pod)], first=True)
def test_a_watch_that_brings_a_byte_a_second_is_given_up_and_what_was_missed_is_made_up_for(results):
    all_end_the_same(results)
    assert each_did_something(results)


def test_four_of_five_plans_that_were_drawn_of_each_large_family_did_something(begun):
    """Of a small one a single plan whose write did not come, which is chance, would be too many."""
    fired = collections.defaultdict(list)
    for runs in begun.values():
        for run in runs:
            plan, _, did_something = run.result()
            fired[plan.family].append(did_something)
    idle = {family: f"{len(which) - sum(which)} of {len(which)} did nothing"
            for family, which in fired.items() if len(which) >= 10 and 5 * sum(which) < 4 * len(which)}
    assert fired
    assert idle == {}


def test_every_write_of_a_trace_has_three_kill_points(suite):
    trace = suite.clean["failure"].seen.trace
    writes = [line for line in trace if "write" in line]
    assert len(writes) >= 10
    plans = [plan for plan in all_plans("failure", trace, random.Random(SEED)) if plan.family == "kill"]
    assert len({json.dumps(plan.plan) for plan in plans}) == 3 * len(writes)


def test_a_plan_with_an_action_that_there_is_not_is_refused_by_name(tmp_path):
    plan = tmp_path / "plan.json"
    plan.write_text('{"rules": [{"on": "request", "do": "burn"}]}')
    done = subprocess.run([BUILD / "tests" / "faults" / "fault_proxy", "--upstream", "https://127.0.0.1:1",
                           "--upstream-ca", plan, "--plan", plan, "--trace", tmp_path / "trace", "--pid-file", plan,
                           "--ca-out", tmp_path / "ca"], capture_output=True, text=True, timeout=10)
    assert done.returncode == 2
    assert "plan.rules[0].do" in done.stderr and "burn" in done.stderr and "kill_before" in done.stderr
