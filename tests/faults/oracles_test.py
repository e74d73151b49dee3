"""What each oracle takes for wrong and what for right, without a cluster: events and traces by hand."""
import json
import random
import types

import pytest

from tests.faults.budget import Budget, hurry
from tests.faults.history import Event
from tests.faults.kubelet import INDEX, JOB
from tests.faults.oracles import Clean, flips, old_worlds, orphans, restarts, strangers, two_live_pods, wrong_deletes
from tests.faults.plans import Named, all_plans, past, stale
from tests.faults.rig import Seen, trickles
from tests.faults.suite import LONG, Suite, read_plan

DELETE = {"kind": "request", "id": 1, "verb": "delete", "resource": "pods", "name": "digits-0", "subresource": "", "ms": 0}
CREATE = {**DELETE, "verb": "create"}


def pod(version, type="MODIFIED", uid="a", name="digits-0", phase="Running", owner=None):
    owners = [{"kind": "TrainingJob", "name": "digits", "uid": owner}] if owner else []
    return Event(version, type, "pods", {
        "metadata": {"name": name, "uid": uid, "labels": {JOB: "digits", INDEX: "0"}, "ownerReferences": owners},
        "status": {"phase": phase}})


def job(version, type="MODIFIED", uid="j", true=(), failures=0, most=None):
    spec = {} if most is None else {"failurePolicy": {"maxRestarts": most}}
    conditions = [{"type": "Running", "status": "False"}, *({"type": one, "status": "True"} for one in true)]
    return Event(version, type, "trainingjobs", {"metadata": {"name": "digits", "uid": uid}, "spec": spec,
                                                 "status": {"conditions": conditions, "restarts": failures}})


def seen(trace):
    return Seen({}, [], trace, [], 1.0)


def overruns(clean, trace):
    return list(Budget(seen(clean), seen(clean)).overruns(seen(trace)))


def run_of(namespace, uid, made=("pods",), node="node-0", image="worker:1", phase="Succeeded"):
    """A run that made something of each of these kinds and left a pod, in a namespace and with UIDs and authorities of its own."""
    left = pod(2, phase=phase, owner=uid).object
    left["metadata"]["namespace"] = namespace
    left["spec"] = {"nodeName": node, "containers": [{"name": "worker", "image": image, "env": [
        {"name": "CONFIG", "value": f'{{"namespace":"{namespace}","uid":"{uid}"}}'},
        {"name": "CA", "value": f"-----BEGIN CERTIFICATE-----\n{namespace}\n"}]}]}
    events = [job(0, "ADDED", uid), *(Event(version, "ADDED", kind, left) for version, kind in enumerate(made, 1))]
    for event in events:
        event.object["metadata"]["namespace"] = namespace
    return Seen({("pods", "digits-0"): left}, events, [], [], 1.0)


def test_what_each_run_has_of_its_own_is_compared_all_the_same():
    clean = Clean(run_of("f1", "aaaa"), run_of("f2", "bbbb"))
    assert clean.masked == clean.masked_counts == set()
    other = run_of("f3", "cccc", image="worker:2")
    assert list(clean.differences(other)) == [
        'O1: pods/digits-0/spec/containers/worker/image is "worker:2", in the clean run "worker:1"']


def test_clean_runs_that_differ_in_what_chance_decides_leave_it_out():
    clean = Clean(run_of("f1", "aaaa"), run_of("f2", "bbbb", phase="Failed"))
    assert clean.masked == {"pods/digits-0/status/phase"}
    assert list(clean.differences(run_of("f3", "cccc", phase="Running"))) == []


def test_clean_runs_that_differ_in_a_pods_spec_are_refused():
    with pytest.raises(AssertionError, match="pods/digits-0/spec/nodeName"):
        Clean(run_of("f1", "aaaa"), run_of("f2", "bbbb", node="node-1"))


def test_clean_runs_that_differ_in_how_many_pods_services_or_deployments_they_made_are_refused():
    for kind in ("pods", "services", "deployments"):
        with pytest.raises(AssertionError, match=f"added {kind}/digits-0"):
            Clean(run_of("f1", "aaaa", made=[kind]), run_of("f2", "bbbb", made=[kind, kind]))
    clean = Clean(run_of("f1", "aaaa", made=["replicasets"]), run_of("f2", "bbbb", made=["replicasets", "replicasets"]))
    assert clean.masked_counts == {"added replicasets/digits-0"}


def test_a_second_pod_of_a_worker_while_the_first_lives_is_one_too_many():
    found = list(two_live_pods([pod(1, "ADDED"), pod(2, "ADDED", "b", "digits-0-r1")]))
    assert found == ["O3: worker 0 has two live pods at 2: ['digits-0', 'digits-0-r1']"]


def test_a_second_pod_of_a_worker_after_the_first_ended_or_went_is_none_too_many():
    assert not list(two_live_pods([pod(1, "ADDED"), pod(2, phase="Failed"), pod(3, "ADDED", "b", "digits-0-r1")]))
    assert not list(two_live_pods([pod(1, "ADDED"), pod(2, "DELETED"), pod(3, "ADDED", "b")]))


def test_a_pod_that_leaves_still_lives_until_it_is_gone():
    leaving = pod(2)
    leaving.object["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert len(list(two_live_pods([pod(1, "ADDED"), leaving, pod(3, "ADDED", "b", "digits-0-r1")]))) == 1


def test_a_pod_that_is_made_after_its_owner_went_is_an_orphan():
    found = list(orphans([job(1, "ADDED"), job(2, "DELETED"), pod(3, "ADDED", owner="j")]))
    assert found == ["O3: pods/digits-0 was made for an owner that was gone"]
    assert list(orphans([job(1, "ADDED", uid="another"), pod(2, "ADDED", owner="j")])), "it had the owner's name alone"


def test_a_pod_that_is_made_before_its_owner_goes_is_no_orphan():
    assert not list(orphans([job(1, "ADDED"), pod(2, "ADDED", owner="j"), job(3, "DELETED"), pod(4, "DELETED", owner="j")]))


def test_a_job_that_ended_one_way_may_not_end_another_way_or_go_on():
    found = list(flips([job(1, true=["Complete"]), job(2, true=["Failed"])]))
    assert found == ["O3: the job was {'Complete'} and then {'Failed'} at 2"]
    found = list(flips([job(1, true=["Failed"]), job(2, true=["Running"])]))
    assert found == ["O3: the job was {'Failed'} and then neither at 2"]


def test_a_job_that_stays_as_it_ended_is_right_and_so_is_its_successor_that_did_not_end():
    assert not list(flips([job(1), job(2, true=["Complete"]), job(3, "DELETED", true=["Complete"]), job(4, "ADDED", uid="k")]))


def test_a_job_that_restarts_once_more_than_it_may_is_told_once():
    found = list(restarts([job(1, failures=1, most=1), job(2, failures=2, most=1), job(3, failures=3, most=1)]))
    assert found == ["O3: the job restarted more than 1 times at 2"]
    assert list(restarts([job(1, failures=4)])), "three are allowed where the spec does not say"


def test_a_job_that_restarts_as_often_as_it_may_is_right():
    assert not list(restarts([job(1, failures=1, most=1), job(2, failures=3)]))


def test_a_delete_that_does_not_say_which_object_it_means_is_wrong():
    found = list(wrong_deletes([DELETE, {"kind": "response", "id": 1, "status": 404, "uid": ""}]))
    assert found == ["O3: pods/digits-0 is deleted without saying which"]


def test_a_delete_that_reaches_another_object_is_wrong_whenever_it_comes():
    for kind in ("response", "late"):
        found = list(wrong_deletes([{**DELETE, "uid": "a"}, {"kind": kind, "id": 1, "status": 200, "uid": "b"}]))
        assert found == ["O3: the delete of pods/digits-0 reached another object of that name"], kind


def test_a_delete_that_reaches_whom_it_meant_or_nobody_is_right():
    answers = [{"kind": "response", "id": 1, "status": 200, "uid": "a"}, {"kind": "response", "id": 1, "status": 409, "uid": "b"},
               {"kind": "response", "id": 1, "status": 200, "uid": ""}, {"kind": "late", "id": 1, "status": 0}]
    assert not list(wrong_deletes([{**DELETE, "uid": "a"}, *answers, {"kind": "response", "id": 2, "status": 200, "uid": "b"}]))


def test_whatever_is_sent_to_a_server_with_a_wrong_certificate_is_told():
    found = list(strangers([{**CREATE, "certificate": "expired"}]))
    assert found == ["O3: create pods was sent to a server whose certificate is expired"]


def test_a_server_with_a_wrong_certificate_that_is_refused_is_sent_nothing():
    assert not list(strangers([CREATE, {"kind": "refused", "certificate": "expired"}]))


def asks(verb, version, resource="pods", **more):
    return {**CREATE, "verb": verb, "resource": resource, "name": "", "from": version, **more}


def test_whoever_asks_for_a_world_of_any_age_is_told():
    for verb in ("list", "watch"):
        found = list(old_worlds([asks(verb, "0")]))
        assert found == [f"O3: a {verb} of pods asks for any age: '0'"]
    assert list(old_worlds([asks("list", "0")], lied_to=True))


def test_whoever_asks_for_an_older_version_than_before_is_told_but_for_one_that_is_new_or_was_lied_to():
    back = [asks("watch", "90"), asks("watch", "100"), asks("watch", "90")]
    assert list(old_worlds(back)) == ["O3: a watch of pods asks for 90, though 100 was known"]
    assert not list(old_worlds(back, lied_to=True))
    assert not list(old_worlds([asks("watch", "100"), {"kind": "kill", "ms": 0}, asks("watch", "90")]))


def test_whoever_asks_for_the_newest_or_goes_on_where_he_was_is_right():
    newest = {key: value for key, value in asks("list", "").items() if key != "from"}
    assert not list(old_worlds([newest, asks("watch", "90"), asks("watch", "90"), newest, asks("watch", "100"),
                                asks("watch", "40", "services"), asks("watch", "30", of="cresset.dev%2Fmodel-service")]))


def test_a_create_that_comes_twice_too_often_is_over_the_budget_and_once_more_is_not():
    assert overruns([CREATE], 2 * [CREATE]) == []
    assert overruns([CREATE], 3 * [CREATE]) == [
        "O6: create pods/digits-0 was asked 3 times, at most 2 with 0 disturbances; in the clean run 1"]


def test_what_disturbs_an_operator_allows_it_more_and_what_it_cannot_notice_does_not():
    kill, held = {"kind": "kill", "ms": 0}, {"kind": "fault", "on": "event", "do": "hold", "ms": 0}
    assert overruns([CREATE], [kill] + 4 * [CREATE]) == []
    assert len(overruns([CREATE], [kill] + 5 * [CREATE])) == 1
    assert len(overruns([CREATE], [held] + 3 * [CREATE])) == 1


def test_reads_and_a_status_may_come_more_often_by_chance_and_a_lease_by_the_clock():
    read, status = {**CREATE, "verb": "list", "name": ""}, {**CREATE, "verb": "patch", "subresource": "status"}
    for call in (read, status):
        assert overruns([call], 5 * [call]) == []
        assert len(overruns([call], 6 * [call])) == 1
    lease = {**CREATE, "verb": "update", "resource": "leases", "ms": 10000}
    assert overruns([lease], 15 * [lease]) == []
    assert len(overruns([lease], 16 * [lease])) == 1


def test_a_watch_that_is_opened_more_than_five_times_in_a_second_is_told_once_and_of_each_process_anew():
    def watches(*times):
        return [{**asks("watch", "90"), "ms": ms} for ms in times]

    assert not list(hurry(watches(*range(0, 3000, 200))))
    assert list(hurry(watches(*range(0, 3000, 199)))) == ["O6: watch pods was asked more than 5 times within a second"]
    assert not list(hurry([*watches(0, 1, 2), {"kind": "kill", "ms": 3}, *watches(4, 5, 6)]))
    assert not list(hurry([*watches(0, 1, 2), *({**line, "of": "other"} for line in watches(3, 4, 5))]))


def test_a_seeded_twentieth_of_the_plans_is_watched_for_a_minute():
    plans = [Named("failure", "kill", f"kill_before create pods/digits-{n}", {}) for n in range(2000)]

    def long(seed):
        suite = Suite(None, seed, quiet=5.0, long_percent=5)
        suite.results = [(plan, [], True) for plan in plans]
        chosen = [plan for plan in plans if suite.quiet_of(plan) == LONG]
        assert suite.summary(1)["quiet_60"] == len(chosen)
        return chosen

    assert 60 <= len(long(1)) <= 140
    assert long(1) == long(1) != long(2)
    assert {Suite(None, 1, quiet=3.0).quiet_of(plan) for plan in plans} == {3.0}


def test_a_past_is_shown_from_the_first_status_on_and_a_lag_after_each_write():
    status = {**CREATE, "verb": "patch", "resource": "trainingjobs", "name": "digits", "subresource": "status"}
    steps = [CREATE, status, {**CREATE, "name": "digits-1"}, {**CREATE, "resource": "events"}, status]
    trace = [{**step, "write": n} for n, step in enumerate(steps)]
    shown = [[rule["do"] for rule in plan.plan["rules"]] + [plan.plan["mutants"]] for plan in past("failure", trace)]
    assert shown == 3 * [["mark", "time_travel", ["any_age_lists"]]]
    back = [plan.plan["rules"][0] for plan in past("failure", trace)]
    assert [(rule["resource"], rule["n"]) for rule in back] == [("pods", 1), ("pods", 1), ("trainingjobs", 2)]
    assert len(list(stale("failure", trace))) == 4
    assert not list(past("failure", trace[:1]))


def test_no_two_plans_of_a_workload_are_the_same():
    events = [{"kind": "event", "type": "MODIFIED", "resource": kind, "name": "digits", "id": 1, "ms": 0}
              for kind in ("pods", "trainingjobs") for _ in range(3)]
    plans = all_plans("failure", [{**CREATE, "write": 1}, *events], random.Random(1))
    assert len({json.dumps(plan.plan) for plan in plans}) == len({(plan.family, plan.name) for plan in plans}) == len(plans)


def test_a_plan_that_is_kept_says_its_seed_and_how_long_it_is_watched_and_both_hold_when_it_is_run_again(tmp_path):
    run = types.SimpleNamespace(namespace="f0001-failure", folder=tmp_path / "run")
    run.folder.mkdir()
    plan = Named("failure", "answer", "by hand", {"rules": []})
    Suite(None, 7, quiet=3.0, kept=tmp_path / "kept").keep(run, plan, ["O1: another end"])
    seed, again = read_plan(tmp_path / "kept" / run.namespace / "plan.json")
    assert (seed, again.quiet) == (7, 6.5)
    assert (again.workload, again.family, again.name, again.plan) == ("failure", "answer", "by hand", {"rules": []})
    assert Suite(None, seed, quiet=5.0, long_percent=100).quiet_of(again) == 6.5


def test_a_plan_that_somebody_wrote_needs_neither(tmp_path):
    written = tmp_path / "plan.json"
    written.write_text(json.dumps({"workload": "failure", "family": "answer", "name": "by hand", "plan": {"rules": []}}))
    assert read_plan(written) == (1, Named("failure", "answer", "by hand", {"rules": []}))


def test_a_watch_that_trickles_is_one_to_wait_for_until_the_same_is_opened_again():
    def watch(number, resource, labels=None):
        return {"kind": "request", "verb": "watch", "id": number, "resource": resource, "of": labels}

    trace = [watch(1, "pods", "a"), watch(2, "pods"), {"kind": "fault", "do": "trickle", "id": 1}, watch(3, "pods")]
    assert list(trickles(trace)) == [True]
    assert list(trickles([*trace, watch(4, "services", "a"), watch(5, "pods", "a")])) == [False]
    assert list(trickles(trace[:2])) == []
