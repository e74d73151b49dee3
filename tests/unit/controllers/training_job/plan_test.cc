// The plan, row by row: what a user or a cluster does, and what is wanted then. What fails and how
// a job ends stands in plan_failures_test.cc.
#include "tests/unit/controllers/training_job/plan_fixture.h"

namespace cresset::controllers::training_job {
namespace {

using base::Json;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(PlanTest, ANewJobGetsItsServiceItsPolicyAndItsPods) {
  look();
  EXPECT_THAT(changes(), ElementsAre("create Service team/digits-workers",
                                     "create NetworkPolicy team/digits-workers",
                                     "create Pod team/digits-0", "create Pod team/digits-1"));
  EXPECT_EQ(next_.state, "Pending");
  EXPECT_EQ(next_.workers_total, 2);
  EXPECT_EQ(next_.start_time, kNow);
  EXPECT_EQ(next_.selector, "cresset.dev/training-job=digits");
  EXPECT_EQ(condition(kRunning).reason, "WorkersStarting");
  EXPECT_THAT(plan_.events, IsEmpty());
}

TEST_F(PlanTest, AWorkerThatStartsIsNoNewsUntilAllRun) {
  look();
  job_.status = next_;
  add_children(observed_, job_);
  pods({{.index = 0}, {.index = 1, .phase = "Pending"}});
  look(kNow + seconds(3));
  EXPECT_TRUE(plan_.empty()) << plan_;
  EXPECT_EQ(plan_.again_after, seconds(7)) << "progress is written every ten seconds";
}

TEST_F(PlanTest, TheRoundBeginsWhenAllRun) {
  add_children(observed_, job_);
  pods({{.index = 0}, {.index = 1}});
  look();
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_EQ(next_.round, 1);
  EXPECT_EQ(next_.world_size, 2);
  EXPECT_EQ(next_.members, "0-1");
  EXPECT_EQ(next_.restarts, 0);
  EXPECT_EQ(next_.state, "Running");
}

TEST_F(PlanTest, AUnschedulablePodIsToldInTheSchedulersWords) {
  add_children(observed_, job_);
  pods({{.index = 0},
        {.index = 1, .phase = "Pending", .scheduler_words = "1 Insufficient nvidia.com/gpu."}});
  look();
  EXPECT_EQ(next_.state, "Pending");
  EXPECT_EQ(condition(kRunning).reason, "Unschedulable");
  EXPECT_EQ(condition(kRunning).message, "worker 1: 1 Insufficient nvidia.com/gpu.");
}

TEST_F(PlanTest, AnImageThatCannotBePulledIsToldInTheKubeletsWords) {
  add_children(observed_, job_);
  auto stuck = *pod_of({.index = 1, .phase = "Pending"});
  stuck.details = PodDetails{.waiting = "ErrImagePull: not found"};
  observed_.pods = {pod_of({.index = 0}), std::make_shared<const Pod>(stuck)};
  look();
  EXPECT_EQ(condition(kRunning).reason, "ContainerWaiting");
  EXPECT_EQ(condition(kRunning).message, "worker 1: ErrImagePull: not found");
}

TEST_F(PlanTest, AJobWithoutAPlaceFailsAtItsDeadlineAndIsNotLookedAtBefore) {
  job_ = job_of(job_json({{"activeDeadlineSeconds", 600}}));
  look();
  job_.status = next_;
  add_children(observed_, job_);
  pods({{.index = 0, .phase = "Pending", .scheduler_words = "no place"}, {.index = 1}});
  look();
  EXPECT_EQ(condition(kRunning).reason, "Unschedulable");
  job_.status = next_;
  look(kNow + seconds(20));
  job_.status = next_;
  look(kNow + seconds(40));
  EXPECT_TRUE(plan_.empty()) << plan_;
  EXPECT_GE(*plan_.again_after, seconds(10));
  look(kNow + seconds(600));
  EXPECT_EQ(condition(kFailed).reason, "DeadlineExceeded");
}

TEST_F(PlanTest, AJobThatRunsIsLeftAlone) {
  running();
  look();
  job_.status = next_;
  look(kNow + seconds(5));
  EXPECT_TRUE(plan_.empty()) << plan_;
}

TEST_F(PlanTest, ProgressIsWrittenEveryTenSecondsAndNotBefore) {
  running();
  look();
  EXPECT_EQ(next_.step, 120);
  job_.status = next_;
  observed_.reports[0].progress.step = 130;
  observed_.reports[0].progress.loss = 0.09143082797527313;
  look(kNow + seconds(9));
  EXPECT_FALSE(plan_.status) << plan_;
  EXPECT_EQ(plan_.again_after, seconds(1));
  look(kNow + seconds(10));
  EXPECT_EQ(next_.step, 130);
  EXPECT_EQ(next_.loss, 0.09143);
}

TEST_F(PlanTest, SuspendTakesAllPodsAwayAndSaysSoWhenTheyAreGone) {
  running({{"suspend", true}});
  look();
  EXPECT_THAT(changes(), ElementsAre("delete Pod team/digits-0", "delete Pod team/digits-1"));
  EXPECT_FALSE(is(kSuspended));
  job_.status = next_;
  pods({{.index = 0, .going = true}, {.index = 1, .going = true}});
  look();
  EXPECT_TRUE(plan_.empty()) << plan_;
  pods({});
  look();
  EXPECT_TRUE(is(kSuspended));
  EXPECT_EQ(next_.state, "Suspended");
}

TEST_F(PlanTest, AResumedJobStartsItsClockAnewAndPaysNoRestart) {
  running({{"suspend", true}, {"activeDeadlineSeconds", 300}});
  pods({});
  look();
  auto resumed = job_of(job_json({{"activeDeadlineSeconds", 300}}));
  resumed.status = next_;
  job_ = resumed;
  look(kNow + seconds(1000));
  EXPECT_FALSE(is(kSuspended));
  EXPECT_FALSE(is(kFailed));
  EXPECT_EQ(next_.start_time, kNow + seconds(1000));
  EXPECT_THAT(changes(), ElementsAre("create Pod team/digits-0", "create Pod team/digits-1"));
  job_.status = next_;
  pods({{.index = 0}, {.index = 1}});
  look(kNow + seconds(1010));
  EXPECT_EQ(next_.round, 2);
  EXPECT_EQ(next_.restarts, 0);
}

TEST_F(PlanTest, AResizeIsANewRoundAndNoRestart) {
  running({{"workers", {{"count", 3}}}});
  look();
  EXPECT_THAT(changes(), ElementsAre("create Pod team/digits-2"));
  EXPECT_EQ(condition(kRestarting).reason, "none");
  job_.status = next_;
  pods({{.index = 0}, {.index = 1}, {.index = 2}});
  look();
  EXPECT_EQ(next_.round, 2);
  EXPECT_EQ(next_.world_size, 3);
  EXPECT_EQ(next_.restarts, 0);
}

TEST_F(PlanTest, ASmallerGroupLosesItsLastWorkers) {
  running({{"workers", {{"count", 1}}}});
  look();
  EXPECT_THAT(changes(), ElementsAre("delete Pod team/digits-1"));
  EXPECT_EQ(next_.members, "0");
  EXPECT_EQ(next_.restarts, 0);
}

TEST_F(PlanTest, ADeadlineFailsTheJob) {
  running({{"activeDeadlineSeconds", 601}});
  look();
  EXPECT_FALSE(is(kFailed));
  EXPECT_EQ(plan_.again_after, seconds(1));
  look(kNow + seconds(1));
  EXPECT_EQ(condition(kFailed).reason, "DeadlineExceeded");
  EXPECT_THAT(condition(kFailed).message, HasSubstr("spec.activeDeadlineSeconds = 601"));
  EXPECT_THAT(changes(), ElementsAre("delete Pod team/digits-0", "delete Pod team/digits-1"));
}

TEST_F(PlanTest, AFinishedJobIsRemovedWhenItsTimeHasCome) {
  running({{"ttlSecondsAfterFinished", 60}});
  set(job_.status, kComplete, true, "Trained", "", job_, kNow);
  job_.status.completion_time = kNow;
  pods({});
  look(kNow + seconds(59));
  EXPECT_TRUE(plan_.empty()) << plan_;
  EXPECT_EQ(plan_.again_after, seconds(1));
  job_.meta.resource_version = base::ResourceVersion("7");
  look(kNow + seconds(60));
  EXPECT_THAT(changes(), ElementsAre("delete TrainingJob team/digits"));
  EXPECT_EQ(std::get<Delete>(plan_.changes.front()).version, base::ResourceVersion("7"))
      << "who gave it more time meanwhile is heard";
}

TEST_F(PlanTest, ABadSpecIsACondition) {
  job_ = job_of(job_json({{"workers", {{"min", 3}, {"max", 2}}}}));
  look();
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_EQ(condition(kFailed).reason, "InvalidSpec");
  EXPECT_THAT(condition(kFailed).message, HasSubstr("spec.workers.min must not be above max"));
  ASSERT_EQ(plan_.events.size(), 1U);
  EXPECT_EQ(plan_.events[0].type, runtime::EventType::kWarning);
  EXPECT_THAT(plan_.events[0].note, HasSubstr("spec.workers.min must not be above max"));
}

// B9: whatever else it says, suspended or not, begun or over.
TEST_F(PlanTest, OfAJobThatAnotherControllerManagesNothingIsMadeAndNothingWritten) {
  for (const Json& spec : {Json::object(), Json{{"suspend", true}}, Json{{"workers", {{"min", 9}}}},
                           Json{{"activeDeadlineSeconds", 1}, {"ttlSecondsAfterFinished", 0}}})
    for (const char* end : {"", kComplete}) {
      Json theirs = spec;
      theirs["managedBy"] = "kueue.x-k8s.io/multikueue";
      running(theirs);
      if (*end != '\0') set(job_.status, end, true, "Theirs", "", job_, kNow);
      EXPECT_TRUE(look().empty()) << plan_;
      job_.status = {};
      observed_ = {};
      EXPECT_TRUE(look().empty()) << plan_;
      EXPECT_FALSE(plan_.again_after);
    }
  running({{"managedBy", crds::kManager}});
  look();
  EXPECT_TRUE(plan_.status) << "its own name is that of no other";
}

TEST_F(PlanTest, AJobThatIsBeingDeletedIsLeftToTheGarbageCollector) {
  running();
  job_.meta.deleted = kNow;
  pods({});
  look();
  EXPECT_TRUE(plan_.empty()) << plan_;
}

TEST_F(PlanTest, ANewerOperatorGoesOnWithTheTemplateThatWasKept) {
  running();
  PodSettings newer = kSettings;
  newer.images.cpu = "worker:2";
  EXPECT_TRUE(plan(job_, observed_, newer, kNow).changes.empty()) << "nothing is rolled";
  pods({{.index = 0}});
  EXPECT_TRUE(plan(job_, observed_, newer, kNow).wants_template);
  observed_.kept_text = base::dump(render_template(job_, kSettings));
  const auto replaced = plan(job_, observed_, newer, kNow);
  const auto& made = std::get<Create>(replaced.changes.at(0));
  EXPECT_EQ(made.object["spec"]["containers"][0]["image"], "worker:1");
}

}  // namespace
}  // namespace cresset::controllers::training_job
