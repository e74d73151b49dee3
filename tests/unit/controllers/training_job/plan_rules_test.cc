// The plan under rules of spec.failurePolicy: each cause with each action, and whose budget pays.
#include "controllers/training_job/round.h"
#include "tests/unit/controllers/training_job/plan_fixture.h"

namespace cresset::controllers::training_job {
namespace plan_rules_test {
namespace {

using base::Json;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using worker_contract::WorkerState;
namespace cause = crds::cause;

// How worker 1 ends.
struct Ending {
  std::string_view cause;
  std::optional<PodWish> pod;  // what is left of it; nothing: its pod goes on, or is gone
};

PodWish failed(int exit_code, const std::string& ended_by = "", const std::string& taken = "") {
  return {.index = 1,
          .phase = "Failed",
          .exit_code = exit_code,
          .ended_by = ended_by,
          .disruption = taken};
}

const std::vector<Ending> kEndings{
    {cause::kBadInput, failed(worker_contract::kExitBadInput)},
    {cause::kExitCode, failed(3)},
    {cause::kSignal, failed(139)},
    {cause::kOomKilled, failed(137, "OOMKilled")},
    {cause::kRankEnded, std::nullopt},
    {cause::kPodFailed, failed(-1)},  // e.g. "OutOfcpu": its node took it back
    {cause::kWorkerLost, std::nullopt},
    {cause::kEvicted, failed(137, "", "TerminationByKubelet")},
    {cause::kPreempted, failed(143, "", "PreemptionByScheduler")},
    {cause::kDrained, failed(143, "", "EvictionByEvictionAPI")},
    {cause::kNodeLost, failed(143, "", "DeletionByTaintManager")}};

bool is_taken(std::string_view cause) {
  return cause == cause::kEvicted || cause == cause::kPreempted || cause == cause::kDrained ||
         cause == cause::kNodeLost;
}

class RulesTest : public PlanTest {
 protected:
  // A round of two in which worker 1 ends so, until the next round is on or the job has failed.
  void live_through(const Ending& ending, const Json& policy) {
    running({{"failurePolicy", policy}});
    observed_.reports[0] = report({.index = 0}, 1, WorkerState::kBroken);
    if (ending.cause == cause::kRankEnded) {
      observed_.reports[1] = report({.index = 1}, 1, WorkerState::kBroken);
      look(kNow + kPause);
      return;
    }
    std::vector<PodWish> left{{.index = 0}};
    if (ending.pod) left.push_back(*ending.pod);
    pods(left);
    look();
    if (is(kFailed)) return;
    first_events_ = plan_.events;
    restarting_ = condition(kRestarting);
    job_.status = next_;
    left.push_back({.index = 1, .attempt = 1, .made_seconds_ago = 1});
    pods(left);
    look();
  }

  std::vector<runtime::EventNote> first_events_;
  kube::Condition restarting_;
};

Json rule(std::string_view cause, const char* action) {
  return {{"reasons", {cause}}, {"action", action}};
}

TEST_F(RulesTest, WithoutARuleTheCauseDecides) {
  for (const auto& ending : kEndings) {
    SCOPED_TRACE(ending.cause);
    live_through(ending, {{"maxRestarts", 1}});
    EXPECT_EQ(is(kFailed), ending.cause == cause::kBadInput);
    if (is(kFailed)) continue;
    EXPECT_EQ(next_.round, 2);
    EXPECT_EQ(next_.restarts, is_taken(ending.cause) ? 0 : 1);
    EXPECT_THAT(next_.restarts_by_cause, ElementsAre(Pair(ending.cause, 1)));
  }
}

TEST_F(RulesTest, ARuleFailsTheJobByTheCauseAndIsNamed) {
  for (const auto& ending : kEndings) {
    SCOPED_TRACE(ending.cause);
    live_through(ending, {{"rules", {rule(ending.cause, "Fail")}}});
    EXPECT_EQ(condition(kFailed).reason, ending.cause);
    EXPECT_THAT(condition(kFailed).message,
                HasSubstr("; spec.failurePolicy.rules[0] fails the job"));
  }
}

TEST_F(RulesTest, ARuleOfAnotherCauseChangesNothing) {
  for (const auto& ending : kEndings)
    for (const auto other : crds::kCauses) {
      if (other == ending.cause) continue;
      live_through(ending, {{"rules", {rule(other, "Fail")}}});
      EXPECT_EQ(is(kFailed), ending.cause == cause::kBadInput) << ending.cause << " " << other;
    }
}

TEST_F(RulesTest, ARuleChargesTheBudgetOfTheJob) {
  for (const auto& ending : kEndings) {
    SCOPED_TRACE(ending.cause);
    live_through(ending, {{"maxRestarts", 1}, {"rules", {rule(ending.cause, "Restart")}}});
    EXPECT_EQ(next_.round, 2);
    EXPECT_EQ(next_.restarts, 1);
    live_through(ending, {{"maxRestarts", 0}, {"rules", {rule(ending.cause, "Restart")}}});
    EXPECT_EQ(condition(kFailed).reason, "RestartsExhausted");
  }
}

TEST_F(RulesTest, ARuleWithABudgetOfItsOwnSpendsNothingOfTheJobs) {
  for (const auto& ending : kEndings) {
    SCOPED_TRACE(ending.cause);
    Json own = rule(ending.cause, "Restart");
    own["name"] = "mine";
    own["maxRestarts"] = 1;
    live_through(ending, {{"maxRestarts", 0}, {"rules", {own}}});
    EXPECT_EQ(next_.round, 2);
    EXPECT_EQ(next_.restarts, 0);
    EXPECT_THAT(next_.restarts_by_rule, ElementsAre(Pair("mine", 1)));
    own["maxRestarts"] = 0;
    live_through(ending, {{"maxRestarts", 5}, {"rules", {own}}});
    EXPECT_EQ(condition(kFailed).reason, "RestartsExhausted");
    EXPECT_THAT(condition(kFailed).message,
                HasSubstr("failed more than maxRestarts of spec.failurePolicy.rules[0] (mine) = 0 "
                          "times; "));
  }
}

TEST_F(RulesTest, ARuleMayLeaveItUncharged) {
  for (const auto& ending : kEndings) {
    SCOPED_TRACE(ending.cause);
    live_through(ending, {{"maxRestarts", 0}, {"rules", {rule(ending.cause, "RestartUncharged")}}});
    EXPECT_EQ(next_.round, 2);
    EXPECT_EQ(next_.restarts, 0);
    EXPECT_THAT(next_.restarts_by_cause, ElementsAre(Pair(ending.cause, 1)));
  }
}

TEST_F(RulesTest, TheConditionAndTheEventNameTheCauseAndTheRule) {
  const Json own = {
      {"name", "memory"}, {"reasons", {"OOMKilled"}}, {"action", "Restart"}, {"maxRestarts", 2}};
  live_through({cause::kOomKilled, failed(137, "OOMKilled")}, {{"rules", {own}}});
  EXPECT_EQ(restarting_.reason, "OOMKilled");
  EXPECT_EQ(restarting_.message,
            "round 1 ended: worker 1 (pod digits-1) ended with exit code 137 (OOMKilled); the next "
            "one begins when all workers run");
  EXPECT_EQ(plan_.events.at(0).note,
            "round 2 with 2 ranks: a worker was replaced; OOMKilled, charged to maxRestarts of "
            "spec.failurePolicy.rules[0] (memory): restart 1 of 2");
  live_through({cause::kDrained, failed(143, "", "EvictionByEvictionAPI")}, Json::object());
  EXPECT_EQ(restarting_.reason, "WorkerDisrupted");
  EXPECT_EQ(first_events_.at(0).note,
            "the cluster takes a worker away (EvictionByEvictionAPI); it is replaced; Drained, not "
            "charged");
}

TEST_F(RulesTest, WhatTheClusterTakesAwayIsJudgedBeforeItsPodIsGone) {
  running({{"failurePolicy", {{"rules", {rule("Preempted", "Fail")}}}}});
  pods({{.index = 0}, {.index = 1, .going = true, .disruption = "PreemptionByScheduler"}});
  look();
  EXPECT_EQ(condition(kFailed).reason, "Preempted");
}

TEST_F(RulesTest, TheFirstOfThoseThatEndTogetherIsTheCause) {
  running({{"failurePolicy", {{"maxRestarts", 1}}}});
  const PodWish early{.index = 1, .phase = "Failed", .exit_code = 139, .ended_seconds_ago = 30};
  const PodWish late{.index = 0, .phase = "Failed", .exit_code = 11, .ended_seconds_ago = 28};
  pods({late, early});
  look();
  EXPECT_EQ(condition(kRestarting).reason, "Signal");
  job_.status = next_;
  pods({late, early, {.index = 0, .attempt = 1}, {.index = 1, .attempt = 1}});
  look();
  EXPECT_EQ(next_.restarts, 1);
  EXPECT_THAT(next_.restarts_by_cause, ElementsAre(Pair("Signal", 1)));
}

TEST_F(RulesTest, WhoEndsBecauseTheClusterTookAnotherAwayIsNotCharged) {
  running({{"failurePolicy", {{"maxRestarts", 0}}}});
  const PodWish taken = failed(143, "", "EvictionByEvictionAPI");
  pods({{.index = 0}, taken});
  look();
  job_.status = next_;
  const PodWish follows{.index = 0, .phase = "Failed", .exit_code = 11};
  pods({follows, taken, {.index = 0, .attempt = 1}, {.index = 1, .attempt = 1}});
  look();
  EXPECT_FALSE(is(kFailed)) << condition(kFailed).message;
  EXPECT_EQ(next_.round, 2);
  EXPECT_EQ(next_.restarts, 0);
}

TEST_F(RulesTest, EachFailureBeforeTheFirstRoundIsCharged) {
  running({{"failurePolicy", {{"maxRestarts", 2}}}});
  job_.status = {};
  observed_.reports.clear();
  const auto crash = [](int attempt) {
    return PodWish{.index = 1, .attempt = attempt, .phase = "Failed", .exit_code = 3};
  };
  pods({{.index = 0}, crash(0), crash(1), {.index = 1, .attempt = 2}});
  look();
  EXPECT_EQ(next_.round, 1);
  EXPECT_EQ(next_.restarts, 2);
  EXPECT_EQ(next_.attempts, "1:2");
  job_.status = {};
  pods({{.index = 0}, crash(0), crash(1), crash(2)});
  look();
  EXPECT_EQ(condition(kFailed).reason, "RestartsExhausted");
}

TEST_F(RulesTest, WhatAWorkerThatIsNotWantedAnyMoreDidIsNotCharged) {
  running({{"workers", {{"count", 1}}}, {"failurePolicy", {{"maxRestarts", 1}}}});
  pods({{.index = 0}, failed(3)});
  look();
  EXPECT_EQ(next_.round, 2) << "of one worker";
  EXPECT_EQ(next_.restarts, 0);
  job_.status = next_;
  look();
  EXPECT_FALSE(is(kFailed)) << condition(kFailed).message;
}

TEST_F(RulesTest, WhatWasSurvivedIsNotJudgedAgainByARuleThatComesLater) {
  running({{"failurePolicy", {{"maxRestarts", 1}, {"rules", {rule("Signal", "Fail")}}}}});
  put_round(job_, 2, {{.index = 0}, {.index = 1, .attempt = 1}});
  job_.status.restarts = 1;
  pods({{.index = 0}, failed(139), {.index = 1, .attempt = 1}});
  observed_.reports[0] = report({.index = 0}, 2, WorkerState::kRunning);
  observed_.reports[1] = report({.index = 1, .attempt = 1}, 2, WorkerState::kRunning);
  look();
  EXPECT_FALSE(is(kFailed)) << condition(kFailed).message;
  job_.status.attempts.reset();  // by an operator that kept none
  look();
  EXPECT_FALSE(is(kFailed)) << condition(kFailed).message;
  job_.status = next_;
  job_.status.attempts.reset();
  look(kNow + seconds(5));
  EXPECT_FALSE(plan_.status) << "no news";
}

TEST_F(RulesTest, AFailureUnderAnOperatorThatKeptNoAttemptsHasItsCause) {
  running();
  job_.status.attempts.reset();
  pods({{.index = 0}, failed(139)});
  look();
  job_.status = next_;
  pods({{.index = 0}, failed(139), {.index = 1, .attempt = 1}});
  observed_.reports.clear();
  look();
  EXPECT_THAT(next_.restarts_by_cause, ElementsAre(Pair("Signal", 1)));
}

}  // namespace
}  // namespace plan_rules_test
}  // namespace cresset::controllers::training_job
