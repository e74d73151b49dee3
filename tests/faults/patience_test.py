"""What an operator that hears nothing, or next to nothing, for two minutes does: begun with the plans of faults_test.py,
and waited for here, when the other tests of runs are over."""
import collections
import random

from tests.faults.held import all_end_the_same, each_did_something, holds


def of_a_failing_job(suite, family, fits):
    """One of its plans of a family, whose first rule fits."""
    return random.Random(suite.seed).choice(
        [plan for plan in suite.plans() if (plan.workload, plan.family) == ("failure", family) and fits(plan.plan["rules"][0])])


def early_of_a_pod(rule):
    return (rule["on"], rule["resource"]) == ("event", "pods") and rule["n"] <= 4


def deaf(suite):
    """All connections half open from one of a failing job's writes on, and the watch of its pods from an early event on."""
    return [of_a_failing_job(suite, "half_open", lambda rule: rule["on"] == "request"),
            of_a_failing_job(suite, "half_open", early_of_a_pod)]


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
