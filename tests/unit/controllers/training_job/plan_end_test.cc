// The plan at the end of a job: deadlines, which pods stay, and for how long the job does.
#include "controllers/training_job/deadline.h"
#include "tests/unit/controllers/training_job/plan_fixture.h"

namespace cresset::controllers::training_job {
namespace plan_end_test {
namespace {

using base::Json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;

using PlanEndTest = PlanTest;

// Made a hundred seconds ago, and no round yet.
crds::TrainingJob waiting_job() {
  auto job = job_of(job_json({{"pendingDeadlineSeconds", 100}}));
  job.status.start_time = kNow - seconds(99);
  return job;
}

TEST_F(PlanEndTest, AJobWithoutAPlaceFailsAtItsPendingDeadlineWithTheSchedulersWords) {
  job_ = waiting_job();
  add_children(observed_, job_);
  pods({{.index = 0, .phase = "Pending", .scheduler_words = "no GPU is free"}, {.index = 1}});
  look();
  EXPECT_FALSE(is(kFailed));
  EXPECT_EQ(plan_.again_after, seconds(1));
  job_.status = next_;
  look(kNow + seconds(1));
  EXPECT_EQ(condition(kFailed).reason, "PendingDeadlineExceeded");
  EXPECT_EQ(
      condition(kFailed).message,
      "not all workers ran within spec.pendingDeadlineSeconds = 100: worker 0: no GPU is free");
  EXPECT_THAT(changes(), ElementsAre("delete Pod team/digits-0", "delete Pod team/digits-1"));
}

TEST_F(PlanEndTest, SoDoesOneWhoseImageCannotBePulled) {
  job_ = waiting_job();
  add_children(observed_, job_);
  auto waits = pod_json({.index = 0, .phase = "Pending"});
  waits["status"]["containerStatuses"] = {
      {{"name", "worker"},
       {"state", {{"waiting", {{"reason", "ErrImagePull"}, {"message", "no such image"}}}}}}};
  pods({{.index = 1}});
  observed_.pods.push_back(std::make_shared<const Pod>(*decode_pod(waits)));
  look();
  job_.status = next_;
  look(kNow + seconds(1));
  EXPECT_THAT(condition(kFailed).message, HasSubstr("ErrImagePull: no such image"));
}

TEST_F(PlanEndTest, AGroupThatIsWholeAtItsPendingDeadlineBegins) {
  job_ = waiting_job();
  add_children(observed_, job_);
  pods({{.index = 0}, {.index = 1}});
  look(kNow + seconds(1));
  EXPECT_EQ(next_.round, 1);
}

TEST_F(PlanEndTest, ARestartDoesNotCountAndAResumptionDoes) {
  running({{"pendingDeadlineSeconds", 100}});
  pods({{.index = 0}, {.index = 1, .phase = "Pending", .scheduler_words = "no place"}});
  look(kNow + seconds(9999));
  EXPECT_FALSE(is(kFailed));
  EXPECT_EQ(next_.state, "Restarting");
  running({{"pendingDeadlineSeconds", 100}});
  job_.status.members_digest = "";  // as a suspension leaves it
  set(job_.status, kSuspended, true, "SpecSuspend", "", job_, kNow);
  pods({});
  look();
  EXPECT_FALSE(is(kFailed)) << "its clock begins anew";
  job_.status = next_;
  look(kNow + seconds(100));
  EXPECT_EQ(condition(kFailed).reason, "PendingDeadlineExceeded");
}

// Worker 2 runs when the job ends; 0 and 1 have ended, 1 after a first attempt that failed.
std::vector<PodWish> some_of_each(const PodWish& first) {
  return {first,
          {.index = 1, .phase = "Failed", .exit_code = 3},
          {.index = 1, .attempt = 1, .phase = "Succeeded"},
          {.index = 2}};
}

TEST_F(PlanEndTest, TheCleanUpPolicySaysWhichPodsGoAtEachEnd) {
  const PodWish well{.index = 0, .phase = "Succeeded"};
  const PodWish badly{.index = 0, .phase = "Failed", .exit_code = worker_contract::kExitBadInput};
  const PodWish once_more{.index = 0, .phase = "Failed", .exit_code = 1};
  const std::string runs = "delete Pod team/digits-2", first = "delete Pod team/digits-0",
                    failed = "delete Pod team/digits-1", second = "delete Pod team/digits-1-r1";
  const auto gone = [&](const std::string& policy) {
    if (policy == "None") return std::vector<std::string>();
    if (policy == "Running") return std::vector{runs};
    return std::vector{runs, first, failed, second};
  };
  for (const char* policy : {"None", "Running", "All"})
    for (const PodWish& end : {well, badly, once_more}) {
      SCOPED_TRACE(std::string(policy) + " " + std::to_string(end.exit_code));
      running({{"workers", {{"count", 3}}},
               {"cleanUpPolicy", policy},
               {"failurePolicy", {{"maxRestarts", 0}}}});
      put_round(job_, 1, {{.index = 0}, {.index = 1}, {.index = 2}});
      pods(some_of_each(end));
      look();
      ASSERT_TRUE(is(kComplete) || is(kFailed));
      EXPECT_THAT(changes(), UnorderedElementsAreArray(gone(policy)));
      EXPECT_TRUE(plan_.status_first) << "the end is written before its grounds go";
      job_.status = next_;
      look();
      EXPECT_THAT(changes(), UnorderedElementsAreArray(gone(policy)))
          << "what was not done at the end is done later in the same way";
    }
}

TEST_F(PlanEndTest, TheTimeToLiveIsThatOfTheOutcome) {
  struct Row {
    Json spec;
    std::optional<milliseconds> complete, failed;
  };
  for (const Row& row : {Row{Json::object(), std::nullopt, std::nullopt},
                         Row{{{"ttlSecondsAfterFinished", 60}}, seconds(60), seconds(60)},
                         Row{{{"ttlSecondsAfterFailed", 5}}, std::nullopt, seconds(5)},
                         Row{{{"ttlSecondsAfterFinished", 60}, {"ttlSecondsAfterFailed", 0}},
                             seconds(60),
                             seconds(0)}})
    for (const char* end : {kComplete, kFailed}) {
      auto job = job_of(job_json(row.spec));
      set(job.status, end, true, "Ended", "", job, kNow);
      EXPECT_EQ(until_removal(job, kNow), std::nullopt) << "nobody knows when it ended";
      job.status.completion_time = kNow;
      EXPECT_EQ(until_removal(job, kNow), end == std::string(kComplete) ? row.complete : row.failed)
          << end << " " << row.spec;
    }
}

}  // namespace
}  // namespace plan_end_test
}  // namespace cresset::controllers::training_job
