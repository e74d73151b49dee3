"""Rules of spec.failurePolicy through the real operator and a real API server: whose budget pays for the end of a worker."""
from tests.support.cluster import wait_until
from tests.integration.hardship.hardship_test import status, wait_for_round
from tests.integration.hardship.meddling_test import end, notes_of, run_live
from tests.integration.training_job_test import conditions, submit, wait_for_pods, wait_until_quiet

RULES = [{"name": "memory", "reasons": ["OOMKilled"], "action": "Restart", "maxRestarts": 1},
         {"exitCodes": [42], "action": "RestartUncharged"},
         {"signals": ["SIGSEGV"], "action": "Fail"}]


def end_and_replace(cluster, namespace, attempt, code, reason="Error"):
    """Worker 1's pod of that attempt ends, and the next round is on with its replacement."""
    end(cluster, namespace, f"digits-1-r{attempt}" if attempt else "digits-1", code, reason)
    wait_until(lambda: cluster.get("pod", f"digits-1-r{attempt + 1}", namespace), "it is replaced")
    run_live(cluster, namespace)
    wait_for_round(cluster, namespace, attempt + 2)


def counts(cluster, namespace):
    told = status(cluster, namespace)
    return {"job": told["restarts"], **{one["rule"]: one["count"] for one in told.get("restartsByRule", [])},
            **{one["cause"]: one["count"] for one in told.get("restartsByCause", [])}}


def begin(cluster, namespace, policy, **spec):
    submit(cluster, namespace, failurePolicy=policy, **spec)
    wait_for_pods(cluster, namespace, 2)
    run_live(cluster, namespace)
    wait_for_round(cluster, namespace, 1)


def wait_for_failure(cluster, namespace):
    wait_until(lambda: conditions(cluster, namespace).get("Failed", {}).get("status") == "True", "the job fails")
    return conditions(cluster, namespace)["Failed"]


def test_each_budget_pays_for_its_own_ends_also_after_a_restart_of_the_operator(cluster, start_operator, namespace):
    operator = start_operator()
    wait_until(operator.ready, "the operator is ready")
    begin(cluster, namespace, {"maxRestarts": 1, "refillSteps": 1000, "rules": RULES}, checkpoint={"uri": "s3://models/c"})
    end_and_replace(cluster, namespace, 0, 137, "OOMKilled")
    assert counts(cluster, namespace) == {"job": 0, "memory": 1, "OOMKilled": 1}
    (note,) = notes_of(cluster, namespace, "RoundStarted")
    assert "OOMKilled, charged to maxRestarts of spec.failurePolicy.rules[0] (memory): restart 1 of 1" in note
    end_and_replace(cluster, namespace, 1, 42)
    operator.kill()
    operator = start_operator()
    wait_until(operator.ready, "the second operator is ready")
    end_and_replace(cluster, namespace, 2, 3)
    assert counts(cluster, namespace) == {"job": 1, "memory": 1, "OOMKilled": 1, "ExitCode": 2}
    wait_until_quiet(cluster, namespace)
    end(cluster, namespace, "digits-1-r3", 137, "OOMKilled")
    failed = wait_for_failure(cluster, namespace)
    assert failed["reason"] == "RestartsExhausted"
    assert "maxRestarts of spec.failurePolicy.rules[0] (memory) = 1 times without refillSteps = 1000" in failed["message"]
    assert "worker 1 (pod digits-1-r3) ended with exit code 137 (OOMKilled)" in failed["message"]


def test_a_rule_fails_the_job_at_once_by_the_cause(cluster, running_operator, namespace):
    begin(cluster, namespace, {"maxRestarts": 5, "rules": RULES})
    end(cluster, namespace, "digits-1", 139, "Error")
    failed = wait_for_failure(cluster, namespace)
    assert failed["reason"] == "Signal" and "; spec.failurePolicy.rules[2] fails the job" in failed["message"], failed


def test_a_rule_that_comes_while_the_job_runs_judges_the_next_end_alone(cluster, running_operator, namespace):
    begin(cluster, namespace, {"maxRestarts": 5})
    end_and_replace(cluster, namespace, 0, 139)
    cluster.kubectl("patch", "trainingjob", "digits", "-n", namespace, "--type=merge", "-p",
                    '{"spec": {"failurePolicy": {"rules": [{"signals": ["SIGSEGV"], "action": "Fail"}]}}}')
    wait_until_quiet(cluster, namespace)
    assert conditions(cluster, namespace).get("Failed", {}).get("status") != "True"
    end(cluster, namespace, "digits-1-r1", 139, "Error")
    assert wait_for_failure(cluster, namespace)["reason"] == "Signal"
