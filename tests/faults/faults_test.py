"""A seeded part of `./dev faults`."""
import json
import random
import subprocess

from tests.faults.held import all_end_the_same, each_did_something, holds
from tests.faults.plans import all_plans, draw
from tests.faults.rig import Run
from tests.faults.workloads import Job
from tests.support.cluster import BUILD

OTHERS = ("answer", "reply", "close", "late", "stream")


def kills_of_a_failing_job(suite, kill):
    """A kill at every write: pods, Service, policy, events and each status."""
    plans = [plan for plan in suite.plans() if (plan.workload, plan.family) == ("failure", "kill")
             and plan.plan["rules"][0]["do"] == kill]
    assert sum("status" in plan.name for plan in plans) >= 3
    return plans


def some(suite, **families):
    """So many plans of each of these families, by the seed."""
    chance = random.Random(suite.seed)
    return [plan for family, count in families.items()
            for plan in chance.sample([plan for plan in suite.plans() if plan.family == family], count)]


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


@holds(lambda suite: draw([plan for plan in suite.plans() if plan.family in OTHERS], random.Random(suite.seed), at_most=16))
def test_a_seeded_part_of_all_other_plans_changes_nothing_of_how_it_ends(results):
    all_end_the_same(results)


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


def test_every_write_of_a_trace_has_three_kill_points(suite):
    trace = suite.clean["failure"].seen.trace
    writes = [line for line in trace if "write" in line]
    assert len(writes) >= 10
    plans = [plan for plan in all_plans("failure", trace, random.Random(suite.seed)) if plan.family == "kill"]
    assert len({json.dumps(plan.plan) for plan in plans}) == 3 * len(writes)


def test_a_plan_with_an_action_that_there_is_not_is_refused_by_name(tmp_path):
    plan = tmp_path / "plan.json"
    plan.write_text('{"rules": [{"on": "request", "do": "burn"}]}')
    done = subprocess.run([BUILD / "tests" / "faults" / "fault_proxy", "--upstream", "https://127.0.0.1:1",
                           "--upstream-ca", plan, "--plan", plan, "--trace", tmp_path / "trace", "--pid-file", plan,
                           "--ca-out", tmp_path / "ca"], capture_output=True, text=True, timeout=10)
    assert done.returncode == 2
    assert "plan.rules[0].do" in done.stderr and "burn" in done.stderr and "kill_before" in done.stderr
