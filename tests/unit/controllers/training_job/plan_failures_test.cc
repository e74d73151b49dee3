// The plan when workers fail or end: who is replaced, what it costs, and how the job ends.
#include "tests/unit/controllers/training_job/plan_fixture.h"

namespace cresset::controllers::training_job {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using worker_contract::WorkerState;

TEST_F(PlanTest, AFailedWorkerIsReplacedAndTheNewRoundCostsOneRestart) {
  running();
  pods({{.index = 0}, {.index = 1, .phase = "Failed", .exit_code = 137}});
  look();
  EXPECT_THAT(changes(), ElementsAre("create Pod team/digits-1-r1"));
  EXPECT_EQ(plan_.events.at(0).reason, "WorkerFailed");
  EXPECT_THAT(plan_.events.at(0).note, HasSubstr("exit code 137"));
  EXPECT_EQ(next_.state, "Restarting");
  EXPECT_EQ(next_.round, 1);

  job_.status = next_;
  pods({{.index = 0},
        {.index = 1, .phase = "Failed", .exit_code = 137},
        {.index = 1, .attempt = 1, .made_seconds_ago = 1}});
  observed_.reports[0] = report({.index = 0}, 1, WorkerState::kBroken);
  look();
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_EQ(next_.round, 2);
  EXPECT_EQ(next_.restarts, 1);
  EXPECT_EQ(next_.state, "Running");
  EXPECT_EQ(plan_.events.at(0).reason, "RoundStarted");
}

TEST_F(PlanTest, ALostWorkerIsReplacedUnderItsName) {
  running();
  pods({{.index = 0}});
  look();
  EXPECT_THAT(changes(), ElementsAre("create Pod team/digits-1"));
  EXPECT_EQ(plan_.events.at(0).reason, "WorkerLost");
}

TEST_F(PlanTest, NoTwoPodsOfAWorkerLive) {
  running();
  pods({{.index = 0}, {.index = 1, .going = true}});
  look();
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_EQ(next_.state, "Restarting");
}

TEST_F(PlanTest, AWorkerThatTheClusterTakesAwayIsReplacedAndNotCharged) {
  running({{"failurePolicy", {{"maxRestarts", 0}}}});
  pods({{.index = 0}, {.index = 1, .going = true, .disruption = "EvictionByEvictionAPI"}});
  look();
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_TRUE(plan_.status_first);
  EXPECT_EQ(next_.disruptions, 1);
  EXPECT_EQ(plan_.events.at(0).reason, "WorkerDisrupted");
  EXPECT_THAT(plan_.events.at(0).note, HasSubstr("EvictionByEvictionAPI"));

  job_.status = next_;
  look();
  EXPECT_TRUE(plan_.events.empty()) << "told once";
  pods({{.index = 0}, {.index = 1, .attempt = 1, .made_seconds_ago = 1}});
  observed_.reports[0] = report({.index = 0}, 1, WorkerState::kBroken);
  look();
  EXPECT_EQ(next_.round, 2);
  EXPECT_EQ(next_.restarts, 0);
  EXPECT_EQ(next_.disruptions, 1);
  EXPECT_EQ(next_.state, "Running");
}

TEST_F(PlanTest, WhatTheClusterTookAwayBeforeDoesNotExcuseAFailure) {
  running({{"failurePolicy", {{"maxRestarts", 0}}}});
  put_round(job_, 2, {{.index = 0}, {.index = 1, .attempt = 1}});
  job_.status.disruptions = job_.status.disrupted_round = 1;
  const PodWish evicted{.index = 1, .phase = "Failed", .disruption = "TerminationByKubelet"};
  pods({{.index = 0}, evicted, {.index = 1, .attempt = 1}});
  observed_.reports[0] = report({.index = 0}, 2, WorkerState::kBroken);
  observed_.reports[1] = report({.index = 1, .attempt = 1}, 2, WorkerState::kBroken);
  look();
  EXPECT_EQ(next_.disruptions, 1);
  EXPECT_EQ(condition(kFailed).reason, "RestartsExhausted");
}

TEST_F(PlanTest, AnEvictedPodIsReplacedAtOnceWhateverItsExitCode) {
  running({{"failurePolicy",
            {{"maxRestarts", 0}, {"rules", {{{"exitCodes", {143}}, {"action", "Fail"}}}}}}});
  const auto evicted = [](int attempt) {
    return PodWish{.index = 1,
                   .attempt = attempt,
                   .phase = "Failed",
                   .exit_code = 143,
                   .ended_seconds_ago = 0,
                   .disruption = "TerminationByKubelet"};
  };
  pods({{.index = 0}, evicted(0), evicted(1), evicted(2)});
  look();
  EXPECT_FALSE(is(kFailed));
  EXPECT_THAT(changes(), ElementsAre("create Pod team/digits-1-r3"));
  EXPECT_EQ(next_.disruptions, 1);
}

TEST_F(PlanTest, ADeadRankCostsANewRoundOfTheSamePods) {
  running();
  observed_.reports[0] = report({.index = 0}, 1, WorkerState::kBroken);
  observed_.reports[1] = report({.index = 1}, 1, WorkerState::kBroken);
  look();
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_EQ(next_.round, 2);
  EXPECT_EQ(next_.restarts, 1);
}

TEST_F(PlanTest, ADeadRankWaitsForThoseThatHaveNotNoticedYet) {
  running();
  observed_.reports[1] = report({.index = 1}, 1, WorkerState::kBroken, 1);
  look();
  EXPECT_EQ(next_.round, 1);
  EXPECT_EQ(next_.state, "Restarting");
  EXPECT_EQ(plan_.again_after, seconds(4));
  look(kNow + seconds(4));
  EXPECT_EQ(next_.round, 2);
}

TEST_F(PlanTest, BadInputFailsTheJobAtOnceWithTheWorkersWords) {
  running();
  pods({{.index = 0},
        {.index = 1,
         .phase = "Failed",
         .exit_code = worker_contract::kExitBadInput,
         .last_words = R"({"error": "column colour is not in s3://data/points.csv"})"}});
  look();
  EXPECT_TRUE(is(kFailed));
  EXPECT_EQ(condition(kFailed).reason, "BadInput");
  EXPECT_THAT(condition(kFailed).message,
              HasSubstr("column colour is not in s3://data/points.csv"));
  EXPECT_THAT(changes(), ElementsAre("delete Pod team/digits-0"));
  EXPECT_TRUE(plan_.status_first);
  EXPECT_EQ(next_.completion_time, kNow);
  EXPECT_EQ(next_.state, "Failed");
}

TEST_F(PlanTest, ARuleDecidesBeforeTheContract) {
  running({{"failurePolicy",
            {{"rules",
              {{{"exitCodes", {worker_contract::kExitBadInput}}, {"action", "Restart"}},
               {{"exitCodes", {1}}, {"action", "Fail"}}}}}}});
  pods(
      {{.index = 0}, {.index = 1, .phase = "Failed", .exit_code = worker_contract::kExitBadInput}});
  look();
  EXPECT_FALSE(is(kFailed));
  pods({{.index = 0}, {.index = 1, .phase = "Failed", .exit_code = 1}});
  look();
  EXPECT_EQ(condition(kFailed).reason, "ExitCode");
}

TEST_F(PlanTest, EveryCodeButThatOfBadInputIsTriedAgainWithoutARule) {
  for (const int code : {1, 2, worker_contract::kExitRetryable, 126, 127, 128, 137, 143, 255}) {
    running();
    pods({{.index = 0}, {.index = 1, .phase = "Failed", .exit_code = code}});
    look();
    EXPECT_FALSE(is(kFailed)) << code;
    EXPECT_THAT(changes(), ElementsAre("create Pod team/digits-1-r1")) << code;
  }
}

TEST_F(PlanTest, TheLastRestartIsTheOneThatMaxRestartsAllows) {
  running({{"failurePolicy", {{"maxRestarts", 1}}}});
  job_.status.restarts = 1;
  observed_.reports[0] = report({.index = 0}, 1, WorkerState::kBroken);
  observed_.reports[1] = report({.index = 1}, 1, WorkerState::kBroken);
  look();
  EXPECT_EQ(condition(kFailed).reason, "RestartsExhausted");
  EXPECT_THAT(condition(kFailed).message, HasSubstr("maxRestarts = 1"));
  EXPECT_THAT(changes(), ElementsAre("delete Pod team/digits-0", "delete Pod team/digits-1"));
}

TEST_F(PlanTest, WorkersThatDieTogetherAreOneFailure) {
  running({{"failurePolicy", {{"maxRestarts", 1}}}});
  pods({{.index = 0, .phase = "Failed", .exit_code = 137},
        {.index = 1, .phase = "Failed", .exit_code = 137}});
  look();
  EXPECT_FALSE(is(kFailed));
  EXPECT_THAT(changes(), ElementsAre("create Pod team/digits-0-r1", "create Pod team/digits-1-r1"));
}

TEST_F(PlanTest, WorkerZeroThatEndsWellCompletesTheJobWithItsModel) {
  running();
  pods({{.index = 0,
         .phase = "Succeeded",
         .last_words = R"({"modelUri": "s3://models/points/1", "modelDigest": "sha256:ab",
                           "metrics": {"accuracy": 0.97}, "step": 500})"},
        {.index = 1, .phase = "Succeeded"}});
  observed_.reports.clear();  // as after a restart of the operator
  look();
  EXPECT_TRUE(is(kComplete));
  EXPECT_EQ(next_.model_uri, "s3://models/points/1");
  EXPECT_EQ(next_.model_digest, "sha256:ab");
  EXPECT_EQ(next_.metrics.at("accuracy"), 0.97);
  EXPECT_EQ(next_.step, 500);
  EXPECT_EQ(next_.state, "Complete");
  EXPECT_THAT(changes(), IsEmpty()) << "finished pods stay for their logs";
}

TEST_F(PlanTest, ASuccessThatAnyButWorkerZerosEndClaimsIsNone) {
  running();
  const std::string claim = R"({"modelUri": "s3://elsewhere/1", "modelDigest": "sha256:ab"})";
  observed_.reports[0].progress.state = WorkerState::kSucceeded;
  observed_.reports[0].progress.model_uri = "s3://elsewhere/1";
  observed_.reports[1].progress.state = WorkerState::kSucceeded;
  observed_.reports[1].progress.model_uri = "s3://elsewhere/1";
  pods({{.index = 0}, {.index = 1, .phase = "Succeeded", .last_words = claim}});
  look();
  EXPECT_FALSE(is(kComplete));
  EXPECT_EQ(next_.model_uri, "");
  pods({{.index = 0, .phase = "Failed", .exit_code = 11, .last_words = claim},
        {.index = 1, .phase = "Succeeded", .last_words = claim}});
  look();
  EXPECT_FALSE(is(kComplete));
  EXPECT_EQ(next_.model_uri, "");
}

TEST_F(PlanTest, WorkerZerosLastWordsAreTakenAsFarAsTheyCanBeTrue) {
  running();
  pods({{.index = 0,
         .phase = "Succeeded",
         .last_words = R"({"modelUri": 7, "modelDigest": [], "step": -1, "metrics": {"a": "b"},
                           "error": {}, "rank": "x"})"},
        {.index = 1, .phase = "Succeeded"}});
  look();
  EXPECT_TRUE(is(kComplete));
  EXPECT_EQ(next_.model_uri, "");
  EXPECT_EQ(next_.model_digest, "");
  EXPECT_TRUE(next_.metrics.empty());
  EXPECT_EQ(next_.step, 120) << "the last that was reported";
}

TEST_F(PlanTest, TheOthersHaveATimeToEndByThemselves) {
  running();
  pods({{.index = 0, .phase = "Succeeded", .ended_seconds_ago = 5}, {.index = 1}});
  look();
  EXPECT_FALSE(is(kComplete));
  EXPECT_THAT(changes(), IsEmpty());
  look(kNow + seconds(10));
  EXPECT_TRUE(is(kComplete));
  EXPECT_THAT(changes(), ElementsAre("delete Pod team/digits-1"));
}

TEST_F(PlanTest, AtTheEndAPodIsDeletedAsItWasSeenSinceOneThatFinishedMeanwhileKeepsItsLogs) {
  running({{"failurePolicy", {{"maxRestarts", 0}}}});
  auto seen = *pod_of({.index = 1});
  seen.meta.resource_version = base::ResourceVersion("7");
  observed_.pods[1] = std::make_shared<const Pod>(seen);
  observed_.reports[0] = report({.index = 0}, 1, WorkerState::kBroken);
  observed_.reports[1] = report({.index = 1}, 1, WorkerState::kBroken);
  look();
  ASSERT_TRUE(is(kFailed));
  EXPECT_EQ(std::get<Delete>(plan_.changes.back()).version, seen.meta.resource_version);
  job_.status = next_;
  look();
  EXPECT_EQ(std::get<Delete>(plan_.changes.back()).version, seen.meta.resource_version)
      << "what was not done at the end is done later in the same way";
}

TEST_F(PlanTest, AWorkerThatEndedWellTrainsAgainWhenTheGroupIsFormedAnew) {
  running();
  pods({{.index = 0, .phase = "Failed", .exit_code = 11}, {.index = 1, .phase = "Succeeded"}});
  look();
  EXPECT_THAT(changes(), ElementsAre("create Pod team/digits-0-r1", "create Pod team/digits-1-r1"));
}

}  // namespace
}  // namespace cresset::controllers::training_job
