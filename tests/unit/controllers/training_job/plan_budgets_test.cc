// The plan over the life of a job: what is left of its budgets, when they are whole again, and that
// what was paid for is not charged again, whatever becomes of the group.
#include <rapidcheck.h>

#include "controllers/training_job/round.h"
#include "tests/unit/controllers/training_job/plan_fixture.h"

namespace cresset::controllers::training_job {
namespace plan_budgets_test {
namespace {

using base::Json;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using worker_contract::WorkerState;

using BudgetsTest = PlanTest;

PodWish failed(int exit_code) { return {.index = 1, .phase = "Failed", .exit_code = exit_code}; }

TEST_F(BudgetsTest, ABudgetThatIsMadeSmallerThanWhatIsSpentFailsTheJob) {
  running({{"failurePolicy", {{"maxRestarts", 1}}}});
  job_.status.restarts = 2;
  look();
  EXPECT_EQ(condition(kFailed).message,
            "failed more than spec.failurePolicy.maxRestarts = 1 times");
}

TEST_F(BudgetsTest, WhatWasChargedToARuleThatIsGoneIsForgotten) {
  const Json own = {
      {"name", "mine"}, {"exitCodes", {3}}, {"action", "Restart"}, {"maxRestarts", 1}};
  running({{"failurePolicy", {{"rules", {own}}}}});
  job_.status.restarts_by_rule = {{"mine", 1}, {"gone", 7}};
  look();
  EXPECT_THAT(next_.restarts_by_rule, ElementsAre(Pair("mine", 1)));
}

TEST_F(BudgetsTest, NewStepsInACheckpointMakeAllBudgetsWhole) {
  running({{"checkpoint", {{"uri", "s3://models/c"}}},
           {"failurePolicy", {{"maxRestarts", 1}, {"refillSteps", 100}}}});
  job_.status.restarts = 1;
  job_.status.restarts_by_cause = {{"ExitCode", 1}};
  job_.status.budget_step = 50;
  observed_.reports[0].progress.checkpoint_step = 149;
  look();
  EXPECT_EQ(next_.restarts, 1);
  observed_.reports[0].progress.checkpoint_step = 150;
  look();
  EXPECT_EQ(next_.restarts, 0);
  EXPECT_EQ(next_.budget_step, 150);
  EXPECT_THAT(next_.restarts_by_cause, ElementsAre(Pair("ExitCode", 1)));
  EXPECT_EQ(plan_.events.at(0).reason, "RestartsRefilled");
  EXPECT_FALSE(plan_.status_can_wait);
  job_.status = next_;
  look();
  EXPECT_THAT(plan_.events, IsEmpty()) << "told once";
}

TEST_F(BudgetsTest, StepsThatARestartTrainsAgainRefillNothing) {
  running({{"checkpoint", {{"uri", "s3://models/c"}}},
           {"failurePolicy", {{"maxRestarts", 2}, {"refillSteps", 100}}}});
  job_.status.checkpoint_step = 400;
  observed_.reports[0] = report({.index = 0}, 1, WorkerState::kBroken);
  observed_.reports[1] = report({.index = 1}, 1, WorkerState::kBroken);
  look();
  EXPECT_EQ(next_.restarts, 1);
  EXPECT_EQ(next_.budget_step, 400);
  job_.status = next_;
  for (const int step : {200, 400, 499}) {  // the newest could not be read, and an older one was
    observed_.reports[0] = report({.index = 0}, 2, WorkerState::kRunning);
    observed_.reports[0].progress.checkpoint_step = step;
    look(kNow + seconds(60));
    EXPECT_EQ(next_.restarts, 1) << step;
  }
}

TEST_F(BudgetsTest, TheEndOfARefilledBudgetSaysWithinWhatItWasSpent) {
  running({{"checkpoint", {{"uri", "s3://models/c"}}},
           {"failurePolicy", {{"maxRestarts", 0}, {"refillSteps", 100}}}});
  pods({{.index = 0}, failed(3)});
  look();
  EXPECT_THAT(condition(kFailed).message,
              AllOf(HasSubstr("failed more than spec.failurePolicy.maxRestarts = 0 times without "
                              "refillSteps = 100 new steps in a checkpoint"),
                    HasSubstr("(pod digits-1) ended with exit code 3")));
}

// One life of any length: worker 1 ends again and again, in any way; what is charged is what a
// count of ends says, and the job fails with the first that no budget has.
struct Life {
  int common = 0, own = 0;
  std::map<std::string, int> causes;

  void end(int code) {
    if (code != 4) ++(code == 139 ? own : common);
    ++causes[std::string(crds::cause_of_code(code))];
  }
};

TEST_F(BudgetsTest, TheBudgetsOfAnyLifeAreThoseOfACount) {
  ASSERT_TRUE(rc::check([this] {
    const int most = *rc::gen::inRange(0, 4), most_own = *rc::gen::inRange(0, 4);
    running({{"failurePolicy",
              {{"maxRestarts", most},
               {"rules",
                {{{"name", "own"},
                  {"signals", {"SIGSEGV"}},
                  {"action", "Restart"},
                  {"maxRestarts", most_own}},
                 {{"exitCodes", {4}}, {"action", "RestartUncharged"}}}}}}});
    Life life;
    std::vector<PodWish> there{{.index = 0}};
    next_ = job_.status;
    for (int attempt = 0; attempt < 12; ++attempt) {
      const int code = *rc::gen::elementOf(std::vector<int>{3, 4, 137, 139});
      life.end(code);
      there.push_back({.index = 1, .attempt = attempt, .phase = "Failed", .exit_code = code});
      pods(there);
      look(kNow + seconds(120));
      if (life.common > most || life.own > most_own) {
        RC_ASSERT(condition(kFailed).reason == "RestartsExhausted");
        return;
      }
      RC_ASSERT(!is(kFailed));
      job_.status = next_;
      if (*rc::gen::inRange(0, 3) == 0) continue;  // its replacement ends before the round begins
      auto whole = there;
      whole.push_back({.index = 1, .attempt = attempt + 1});
      pods(whole);
      observed_.reports.clear();
      look(kNow + seconds(120));
      RC_ASSERT(!is(kFailed));
      RC_ASSERT(next_.restarts == life.common);
      RC_ASSERT(next_.restarts_by_rule["own"] == life.own);
      RC_ASSERT(next_.restarts_by_cause == life.causes);
      job_.status = next_;
    }
  }));
}

// A group that is resized, suspended, robbed of its finished pods and taken over from an operator
// that kept no attempts: each own failure is charged once, whatever comes between two.
class Hardship {
 public:
  std::vector<PodWish> there{{.index = 0}, {.index = 1}};
  int count = 2, failures = 0;

  PodWish& worker_1() { return there.at(alive_); }
  void fail() {
    worker_1().phase = "Failed";
    worker_1().exit_code = 3;
    ++failures;
  }
  void replace(const std::string& name, int seconds_ago) {
    const size_t mark = name.rfind("-r");
    there.push_back({.index = 1,
                     .attempt = mark == name.npos ? 0 : std::stoi(name.substr(mark + 2)),
                     .made_seconds_ago = seconds_ago});
    alive_ = there.size() - 1;
  }
  void leave() {
    there.erase(there.begin() + static_cast<std::ptrdiff_t>(alive_));
    alive_ = 0;
  }
  void clean_up() {
    std::erase_if(there, [](const PodWish& pod) { return pod.phase == "Failed"; });
    alive_ = there.size() - 1;
  }

 private:
  size_t alive_ = 1;
};

TEST_F(BudgetsTest, EachFailureIsChargedOnceWhateverBecomesOfTheGroup) {
  ASSERT_TRUE(rc::check([this] {
    running({{"failurePolicy", {{"maxRestarts", 100}}}});
    observed_.reports.clear();
    Hardship life;
    base::WallTime now = kNow;
    const auto turn = [&] {
      pods(life.there);
      look(now += seconds(120));
      RC_ASSERT(!is(kFailed));
      if (plan_.status) job_.status = next_;
    };
    const auto replace = [&] {
      turn();
      for (const auto& change : changes())
        if (change.starts_with("create Pod team/digits-1"))
          life.replace(change, -static_cast<int>((now - kNow) / seconds(1)));
      turn();
      RC_ASSERT(next_.restarts == life.failures);
    };
    for (int step = 0; step < 8; ++step) {
      life.fail();
      replace();
      const int what = *rc::gen::inRange(0, 5);
      if (what == 0) {  // a smaller group, and the old one again
        life.leave();
        job_.workers.count = 1;
        turn();
        turn();
        job_.workers.count = 2;
        replace();
      } else if (what == 1) {  // suspended, and resumed
        life.leave();
        job_.suspend = true;
        turn();
        job_.suspend = false;
        replace();
      } else if (what == 2) {
        life.clean_up();
        turn();
      } else if (what == 3 && life.there.size() > 2) {
        job_.status.attempts.reset();  // an operator of the last release was here
        turn();
      }
      RC_ASSERT(next_.restarts == life.failures);
    }
  }));
}

}  // namespace
}  // namespace plan_budgets_test
}  // namespace cresset::controllers::training_job
