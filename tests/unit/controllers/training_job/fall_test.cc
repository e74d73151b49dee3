// Which ends of pods are a fall of the present round, and what the cause of each is: whatever
// became of the group before, of its size, and of pods that nobody kept.
#include "controllers/training_job/fall.h"

#include "controllers/training_job/round.h"
#include "tests/unit/controllers/training_job/plan_fixture.h"

namespace cresset::controllers::training_job {
namespace fall_test {
namespace {

using base::Json;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using worker_contract::WorkerState;

class FallTest : public PlanTest {
 protected:
  // Worker 1 failed in round 1 and was replaced; that was charged, and round 2 is on.
  void survived(const Json& policy = {{"maxRestarts", 1}}) {
    running({{"failurePolicy", policy}});
    put_round(job_, 2, {{.index = 0}, {.index = 1, .attempt = 1}});
    job_.status.restarts = 1;
    pods({{.index = 0}, kFirst, {.index = 1, .attempt = 1}});
    observed_.reports.clear();
  }
  void look_and_keep(base::WallTime now = kNow) {
    look(now);
    if (plan_.status) job_.status = next_;
  }
  void resize(int count) { job_.workers.count = count; }
  // As the last release left it, which kept no attempts.
  void forget_attempts() { job_.status.attempts.reset(); }

  const PodWish kFirst{.index = 1, .phase = "Failed", .exit_code = 3};
};

TEST_F(FallTest, WhatWasPaidForStaysPaidWhenTheGroupShrinksAndGrows) {
  survived();
  resize(1);
  pods({{.index = 0}, kFirst});
  look_and_keep();
  EXPECT_EQ(next_.round, 3);
  look_and_keep(kNow + seconds(20));
  EXPECT_FALSE(is(kFailed)) << condition(kFailed).message;
  resize(2);
  look_and_keep(kNow + seconds(40));
  EXPECT_THAT(changes(), ElementsAre("create Pod team/digits-1-r1"));
  pods({{.index = 0}, kFirst, {.index = 1, .attempt = 1}});
  look_and_keep(kNow + seconds(60));
  EXPECT_FALSE(is(kFailed)) << condition(kFailed).message;
  EXPECT_EQ(next_.round, 4);
  EXPECT_EQ(next_.restarts, 1);
}

TEST_F(FallTest, AWorkerThatTheJobHasNoMoreIsNotJudgedWhenItIsTakenAway) {
  running({{"failurePolicy", {{"rules", {{{"reasons", {"Drained"}}, {"action", "Fail"}}}}}}});
  resize(1);
  pods({{.index = 0}, {.index = 1, .going = true, .disruption = "EvictionByEvictionAPI"}});
  look();
  EXPECT_FALSE(is(kFailed)) << condition(kFailed).message;
  EXPECT_EQ(next_.disruptions, 0);
}

TEST_F(FallTest, AJobThatTheLastReleaseSuspendedAfterAFailureIsNotChargedAgain) {
  survived();
  forget_attempts();
  job_.status.members_digest.clear();
  set(job_.status, kSuspended, true, "SpecSuspend", "", job_, kNow);
  pods({kFirst});
  look_and_keep();
  EXPECT_FALSE(is(kFailed)) << condition(kFailed).message;
  EXPECT_THAT(changes(), ElementsAre("create Pod team/digits-0", "create Pod team/digits-1-r1"));
  pods({{.index = 0}, kFirst, {.index = 1, .attempt = 1}});
  look_and_keep(kNow + seconds(20));
  EXPECT_EQ(next_.round, 3);
  EXPECT_EQ(next_.restarts, 1);
}

TEST_F(FallTest, AJobThatShrankUnderTheLastReleaseIsNotChargedAgain) {
  survived();
  put_round(job_, 3, {{.index = 0}});
  forget_attempts();
  resize(1);
  pods({{.index = 0}, kFirst});
  look_and_keep();
  EXPECT_FALSE(is(kFailed)) << condition(kFailed).message;
  EXPECT_EQ(next_.restarts, 1);
  resize(2);
  look_and_keep(kNow + seconds(20));
  EXPECT_FALSE(is(kFailed)) << condition(kFailed).message;
}

TEST_F(FallTest, ARoundThatFellUnderTheLastReleaseIsChargedByItsCause) {
  running();
  forget_attempts();
  set(job_.status, kRunning, false, "WorkersStarting", "", job_, kNow - seconds(30));
  set(job_.status, kRestarting, true, "WorkerReplaced", "", job_, kNow - seconds(30));
  observed_.reports.clear();
  pods({{.index = 0}, kFirst, {.index = 1, .attempt = 1, .made_seconds_ago = 20}});
  look();
  EXPECT_EQ(next_.round, 2);
  EXPECT_EQ(next_.restarts, 1);
  EXPECT_THAT(next_.restarts_by_cause, ElementsAre(Pair("ExitCode", 1)));
}

TEST_F(FallTest, AReplacementIsJudgedThoughNoPodOfBeforeIsLeft) {
  survived();
  put_round(job_, 3, {{.index = 0}, {.index = 1, .attempt = 2}});
  pods({{.index = 0}});
  look_and_keep();
  EXPECT_THAT(changes(), ElementsAre("create Pod team/digits-1-r2"));
  pods({{.index = 0},
        {.index = 1,
         .attempt = 2,
         .phase = "Failed",
         .exit_code = worker_contract::kExitBadInput,
         .made_seconds_ago = 0}});
  look();
  EXPECT_EQ(condition(kFailed).reason, "BadInput");
}

TEST_F(FallTest, AttemptsNeverFall) {
  survived();
  pods({{.index = 0}, {.index = 1, .attempt = 1}, {.index = 2}});
  resize(3);
  look_and_keep();
  EXPECT_EQ(next_.round, 3);
  EXPECT_EQ(next_.attempts, "1:1");
  resize(1);
  pods({{.index = 0}});
  look_and_keep(kNow + seconds(20));
  EXPECT_EQ(next_.round, 4);
  EXPECT_EQ(next_.attempts, "1:1");
}

TEST_F(FallTest, AnEvictionOfBeforeIsNotJudgedWhenALaterPodIsDeleted) {
  survived({{"maxRestarts", 5}, {"rules", {{{"reasons", {"Evicted"}}, {"action", "Fail"}}}}});
  PodWish evicted = kFirst;
  evicted.disruption = "TerminationByKubelet";
  pods({{.index = 0}, evicted});
  look_and_keep();
  EXPECT_FALSE(is(kFailed)) << condition(kFailed).message;
  EXPECT_EQ(next_.disruptions, 0);
  EXPECT_EQ(condition(kRestarting).reason, "WorkerLost");
}

TEST_F(FallTest, ARuleDoesNotFireOnWhoFollowsOneThatTheClusterTakes) {
  running({{"failurePolicy",
            {{"maxRestarts", 0}, {"rules", {{{"signals", {"SIGABRT"}}, {"action", "Fail"}}}}}}});
  const PodWish follows{.index = 0, .phase = "Failed", .exit_code = 134, .ended_seconds_ago = 0};
  const PodWish taken{.index = 1, .going = true, .disruption = "EvictionByEvictionAPI"};
  pods({follows, taken});  // both are seen in one look
  look_and_keep();
  EXPECT_FALSE(is(kFailed)) << condition(kFailed).message;
  EXPECT_EQ(next_.disruptions, 1);
  look_and_keep(kNow + seconds(20));
  EXPECT_FALSE(is(kFailed)) << condition(kFailed).message;
}

TEST_F(FallTest, ARuleJudgesTheFirstOfThoseThatEndTogether) {
  const Json rules = {{{"reasons", {"OOMKilled"}}, {"action", "Restart"}},
                      {{"signals", {"SIGABRT"}}, {"action", "Fail"}}};
  running({{"failurePolicy", {{"rules", rules}}}});
  PodWish killed{.index = 1, .phase = "Failed", .exit_code = 137, .ended_by = "OOMKilled"};
  const PodWish aborts{.index = 0, .phase = "Failed", .exit_code = 134};
  for (const int earlier : {2, 0}) {  // of one second the one counts that says more
    killed.ended_seconds_ago = aborts.ended_seconds_ago + earlier;
    pods({aborts, killed});
    look();
    EXPECT_FALSE(is(kFailed)) << condition(kFailed).message;
    EXPECT_EQ(condition(kRestarting).reason, "OOMKilled");
  }
}

TEST_F(FallTest, TheFirstFailureOfAReplacementAfterADrainIsCharged) {
  running({{"failurePolicy", {{"maxRestarts", 0}}}});
  pods({{.index = 0}});
  job_.status.disrupted_round = 1;
  set(job_.status, kRunning, false, "WorkersStarting", "", job_, kNow - seconds(30));
  set(job_.status, kRestarting, true, "WorkerDisrupted", "", job_, kNow - seconds(30));
  pods({{.index = 0},
        {.index = 1,
         .phase = "Failed",
         .exit_code = 3,
         .ended_seconds_ago = 5,
         .made_seconds_ago = 20}});
  look();
  EXPECT_EQ(condition(kFailed).reason, "RestartsExhausted");
}

TEST_F(FallTest, WhoFailedWellBeforeADrainIsChargedAllTheSame) {
  running({{"failurePolicy", {{"maxRestarts", 3}}}});
  pods({{.index = 0}, kFirst});
  look_and_keep();
  EXPECT_EQ(condition(kRestarting).reason, "ExitCode");
  const PodWish taken{.index = 0, .going = true, .disruption = "EvictionByEvictionAPI"};
  const PodWish second{.index = 1, .attempt = 1, .phase = "Pending", .made_seconds_ago = 0};
  pods({taken, kFirst, second});
  look_and_keep(kNow + seconds(60));
  EXPECT_EQ(next_.restarts, 1);
  EXPECT_EQ(next_.disruptions, 1);
  EXPECT_THAT(plan_.events.at(0).note, HasSubstr("ExitCode, charged to"));
  pods({{.index = 0, .made_seconds_ago = -60}, kFirst, {.index = 1, .attempt = 1}});
  observed_.reports.clear();
  look(kNow + seconds(80));
  EXPECT_EQ(next_.round, 2);
  EXPECT_EQ(next_.restarts, 1) << "once";
}

TEST_F(FallTest, ProcessesThatEndAgainAndAgainUnchargedWaitAMinute) {
  running({{"failurePolicy",
            {{"rules", {{{"reasons", {"RankEnded"}}, {"action", "RestartUncharged"}}}}}}});
  for (const int index : {0, 1})
    observed_.reports[index] = report({.index = index}, 1, WorkerState::kBroken);
  look_and_keep(kNow + seconds(10));
  EXPECT_EQ(next_.round, 1);
  EXPECT_TRUE(is(kRestarting));
  EXPECT_EQ(plan_.again_after, seconds(50));
  look_and_keep(kNow + seconds(69));
  EXPECT_EQ(next_.round, 1);
  look_and_keep(kNow + seconds(70));
  EXPECT_EQ(next_.round, 2);
  EXPECT_EQ(next_.restarts, 0);
}

TEST_F(FallTest, ProcessesThatEndAfterLongStartAgainAtOnce) {
  running({{"failurePolicy",
            {{"rules", {{{"reasons", {"RankEnded"}}, {"action", "RestartUncharged"}}}}}}});
  for (const int index : {0, 1})
    observed_.reports[index] = report({.index = index}, 1, WorkerState::kBroken);
  look(kNow + kPause);
  EXPECT_EQ(next_.round, 2);
}

}  // namespace
}  // namespace fall_test
}  // namespace cresset::controllers::training_job
