// The plan while workers leave: by a suspension, by somebody's deletion, or not for a long time.
#include "tests/unit/controllers/training_job/plan_fixture.h"

namespace cresset::controllers::training_job {
namespace {

using base::Json;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(PlanTest, AWorkerThatEndsWhileASuspensionTakesItAwayIsChargedToNobodyAfterTheResumption) {
  const base::Json policy = {{"maxRestarts", 0},
                             {"rules", {{{"exitCodes", {137}}, {"action", "Fail"}}}}};
  running({{"suspend", true}, {"failurePolicy", policy}});
  const PodWish killed{.index = 1,
                       .phase = "Failed",
                       .exit_code = 137,
                       .ended_seconds_ago = 0,
                       .going = true};  // its node has not let go of it yet
  pods({killed});
  look();
  EXPECT_TRUE(is(kSuspended));
  auto resumed = job_of(job_json({{"failurePolicy", policy}}));
  resumed.status = next_;
  job_ = resumed;
  look();
  EXPECT_FALSE(is(kFailed)) << condition(kFailed).message;
  EXPECT_THAT(changes(), ElementsAre("create Pod team/digits-0", "create Pod team/digits-1-r1"));
  EXPECT_THAT(plan_.events, IsEmpty()) << "nothing went wrong";
  job_.status = next_;
  pods({{.index = 0}, killed, {.index = 1, .attempt = 1}});
  look();
  EXPECT_EQ(next_.round, 2);
  EXPECT_EQ(next_.restarts, 0);
}

TEST_F(PlanTest, AWorkerThatWasDeletedIsNoReasonWhyTheBudgetIsSpent) {
  running({{"failurePolicy", {{"maxRestarts", 0}}}});
  pods({{.index = 0, .phase = "Failed", .exit_code = 1},
        {.index = 1, .phase = "Failed", .exit_code = 3},
        {.index = 1, .attempt = 1, .phase = "Failed", .exit_code = 137, .going = true}});
  look();
  EXPECT_EQ(condition(kFailed).reason, "RestartsExhausted");
  EXPECT_THAT(condition(kFailed).message, HasSubstr("(pod digits-0) ended with exit code 1"));
  EXPECT_THAT(condition(kFailed).message, HasSubstr("(pod digits-1) ended with exit code 3"));
  EXPECT_THAT(condition(kFailed).message, Not(HasSubstr("137")));
}

TEST_F(PlanTest, AWorkerThatWasDeletedInARoundIsToldAsLost) {
  running();
  pods({{.index = 0}, {.index = 1, .phase = "Failed", .exit_code = 143, .going = true}});
  look();
  EXPECT_THAT(changes(), ElementsAre("create Pod team/digits-1-r1"));
  EXPECT_EQ(plan_.events.at(0).reason, "WorkerLost");
}

TEST_F(PlanTest, APodThatIsLongInLeavingIsWaitedForAndTold) {
  running();
  pods({{.index = 0}, {.index = 1, .going = true}});  // its time was over a second ago
  look();
  EXPECT_THAT(condition(kRunning).message, HasSubstr("training starts when all 2 workers run"));
  EXPECT_EQ(plan_.again_after, seconds(9));
  job_.status = next_;
  look(kNow + seconds(9));
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_EQ(condition(kRunning).reason, "WorkerLeaving");
  EXPECT_EQ(condition(kRunning).message,
            "worker 1: pod digits-1 is being deleted and has not gone; it is waited for");
  job_.status = next_;
  look(kNow + seconds(3598));
  EXPECT_TRUE(plan_.empty()) << plan_;
  EXPECT_EQ(plan_.again_after, seconds(1));
}

TEST_F(PlanTest, APodThatDoesNotLeaveFailsTheJobAfterAnHourAndIsNeverForced) {
  running();
  pods({{.index = 0}, {.index = 1, .going = true}});  // its time was over a second ago
  look(kNow + seconds(3599));
  EXPECT_TRUE(is(kFailed));
  EXPECT_EQ(condition(kFailed).reason, "WorkerStuck");
  EXPECT_THAT(condition(kFailed).message, HasSubstr("worker 1: pod digits-1 has not gone 3600 s"));
  EXPECT_THAT(changes(), ElementsAre("delete Pod team/digits-0")) << "what holds a place for it";
  EXPECT_FALSE(std::get<Delete>(plan_.changes.at(0)).grace_seconds);
  job_.status = next_;
  pods({{.index = 1, .going = true}});
  look(kNow + seconds(9999));
  EXPECT_TRUE(plan_.empty()) << plan_;
}

TEST_F(PlanTest, APodThatIsNotWantedAnyMoreMayTakeItsTime) {
  running({{"workers", {{"count", 1}}}});
  pods({{.index = 0}, {.index = 1, .going = true}});
  look(kNow + seconds(9999));
  EXPECT_FALSE(is(kFailed));
  EXPECT_NE(condition(kRunning).reason, "WorkerLeaving");
}

TEST_F(PlanTest, ASuspendedJobTellsThePodThatDoesNotLeave) {
  running({{"suspend", true}});
  pods({{.index = 1, .going = true}});
  look(kNow + seconds(9));
  EXPECT_FALSE(is(kSuspended));
  EXPECT_THAT(condition(kSuspended).message, HasSubstr("pod digits-1 is being deleted"));
}

}  // namespace
}  // namespace cresset::controllers::training_job
