// The turns of a job: made suspended, restarting, ended, gone; what its conditions and counts say
// then, and what is not made again.
#include "tests/unit/controllers/training_job/plan_fixture.h"

namespace cresset::controllers::training_job {
namespace {

using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using worker_contract::WorkerState;

const std::vector<PodWish> kEndedWell{
    {.index = 0, .phase = "Succeeded", .last_words = R"({"modelUri": "s3://models/points/1"})"},
    {.index = 1}};
const std::vector<PodWish> kBadInput{
    {.index = 0}, {.index = 1, .phase = "Failed", .exit_code = worker_contract::kExitBadInput}};

TEST_F(PlanTest, AJobThatIsMadeSuspendedHasNothingUntilItIsResumed) {
  job_ = job_of(job_json({{"suspend", true}}));
  look();
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_TRUE(is(kSuspended));
  auto resumed = job_of(job_json());
  resumed.status = next_;
  job_ = resumed;
  look();
  EXPECT_THAT(changes(), ElementsAre("create Service team/digits-workers",
                                     "create NetworkPolicy team/digits-workers",
                                     "create Pod team/digits-0", "create Pod team/digits-1"));
  EXPECT_FALSE(is(kSuspended));
}

TEST_F(PlanTest, ASuspendedJobDoesNotRunFromTheFirstPassOn) {
  running({{"suspend", true}});
  set(job_.status, kRestarting, true, "Signal", "", job_, kNow);
  look();
  EXPECT_FALSE(is(kRunning));
  EXPECT_EQ(condition(kRunning).reason, kReasonSuspended);
  EXPECT_FALSE(is(kRestarting));
  EXPECT_FALSE(is(kSuspended));
  EXPECT_EQ(condition(kSuspended).message, "workers are leaving");
}

TEST_F(PlanTest, RestartingEndsWithTheJob) {
  for (const auto& [wishes, reason] : {std::pair(kEndedWell, "Trained"), {kBadInput, "BadInput"}}) {
    running();
    set(job_.status, kRestarting, true, "Signal", "", job_, kNow);
    pods(wishes);
    look();
    EXPECT_FALSE(is(kRestarting));
    EXPECT_EQ(condition(kRestarting).reason, reason);
  }
}

TEST_F(PlanTest, TheEndSaysWhyAndThatNobodyRuns) {
  running();
  pods(kEndedWell);
  look();
  EXPECT_TRUE(is(kComplete));
  EXPECT_EQ(condition(kComplete).reason, "Trained");
  EXPECT_EQ(condition(kComplete).message, "the model is s3://models/points/1");
  EXPECT_FALSE(is(kFailed));
  EXPECT_FALSE(is(kRunning));
  EXPECT_EQ(next_.workers_ready, 0);
  EXPECT_EQ(next_.workers_total, 2);
  running();
  pods(kBadInput);
  look();
  EXPECT_TRUE(is(kFailed));
  EXPECT_FALSE(is(kComplete));
  EXPECT_FALSE(is(kRunning));
  EXPECT_EQ(next_.workers_ready, 0);
}

TEST_F(PlanTest, WorkersThatRunAreCountedAndOthersAreNot) {
  job_ = job_of(job_json({{"workers", {{"count", 4}}}}));
  add_children(observed_, job_);
  pods({{.index = 0}, {.index = 1, .phase = "Pending"}, {.index = 2, .going = true}});
  look();
  EXPECT_EQ(next_.workers_ready, 1);
  EXPECT_EQ(next_.workers_total, 4);
}

TEST_F(PlanTest, AServiceAndAPolicyThatSomebodyDeletedAreMadeAgain) {
  running();
  observed_.service = nullptr;
  observed_.network_policy = nullptr;
  look();
  EXPECT_THAT(changes(), ElementsAre("create Service team/digits-workers",
                                     "create NetworkPolicy team/digits-workers"));
}

TEST_F(PlanTest, WhatGoesOfAFinishedJobIsNotMadeAgain) {
  for (const char* end : {kComplete, kFailed}) {
    running({{"workers", {{"count", 5}}}});  // more than it had when it ended
    set(job_.status, end, true, "Ended", "", job_, kNow);
    pods({});
    observed_.service = nullptr;
    observed_.network_policy = nullptr;
    look();
    EXPECT_TRUE(plan_.empty()) << plan_;
  }
}

TEST_F(PlanTest, ATimeToLiveOfZeroRemovesAJobWithItsEnd) {
  running({{"ttlSecondsAfterFinished", 0}});
  pods(kBadInput);
  look();
  EXPECT_THAT(changes(), ElementsAre("delete Pod team/digits-0")) << "first the end is written";
  job_.status = next_;
  pods({});
  look();
  EXPECT_THAT(changes(), ElementsAre("delete TrainingJob team/digits"));
}

TEST_F(PlanTest, AJobWithoutATimeToLiveStaysAndOneThatIsSuspendedHasNoneYet) {
  running();
  set(job_.status, kComplete, true, "Trained", "", job_, kNow);
  job_.status.completion_time = kNow;
  pods({});
  look(kNow + hours(9999));
  EXPECT_TRUE(plan_.empty()) << plan_;
  EXPECT_EQ(plan_.again_after, std::nullopt);
  running({{"suspend", true}, {"ttlSecondsAfterFinished", 0}});
  pods({});
  look();
  EXPECT_TRUE(is(kSuspended));
  job_.status = next_;
  look(kNow + hours(9999));
  EXPECT_TRUE(plan_.empty()) << plan_;
}

TEST_F(PlanTest, WorkerZeroIsReplacedLikeAnyOther) {
  running();
  const PodWish killed{.index = 0, .phase = "Failed", .exit_code = 137};
  pods({killed, {.index = 1}});
  look();
  EXPECT_THAT(changes(), ElementsAre("create Pod team/digits-0-r1"));
  job_.status = next_;
  pods({killed, {.index = 0, .attempt = 1, .made_seconds_ago = 1}, {.index = 1}});
  observed_.reports[1] = report({.index = 1}, 1, WorkerState::kBroken);
  look();
  EXPECT_EQ(next_.round, 2);
  EXPECT_EQ(next_.members, "0-1");
  EXPECT_EQ(next_.restarts, 1);
  EXPECT_TRUE(is(kRunning));
}

TEST_F(PlanTest, AReplacementWaitsForItsOwnPodAlone) {
  running();
  const PodWish leaves{.index = 0, .going = true};
  const PodWish killed{.index = 1, .phase = "Failed", .exit_code = 137};
  pods({leaves, killed});
  look();
  EXPECT_THAT(changes(), ElementsAre("create Pod team/digits-1-r1"));
  job_.status = next_;
  pods({leaves, killed, {.index = 1, .attempt = 1, .made_seconds_ago = 1}});
  look();
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_EQ(next_.round, 1) << "the next one waits for all";
}

}  // namespace
}  // namespace cresset::controllers::training_job
