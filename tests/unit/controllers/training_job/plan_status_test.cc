// What a job believes of its own status, which may have been forged, set back or wiped, and what it
// makes anew (controllers/training_job/status.h).
#include "controllers/training_job/round.h"
#include "tests/unit/controllers/training_job/plan_fixture.h"

namespace cresset::controllers::training_job {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using worker_contract::WorkerState;

TEST_F(PlanTest, AForgedStatusIsMadeAnew) {
  running();
  look();
  const auto honest = next_;
  auto& forged = job_.status = honest;
  set(forged, kRunning, false, "Forged", "it does not run", job_, kNow);
  set(forged, kRestarting, true, "Forged", "again and again", job_, kNow);
  set(forged, kSuspended, true, "Forged", "by somebody", job_, kNow);
  forged.state = "Complete";
  forged.observed_generation = 77;
  forged.workers_ready = forged.workers_total = 99;
  forged.step = forged.total_steps = forged.epoch = 7777;
  forged.loss = -1;
  forged.selector = "a=b";
  forged.model_uri = "s3://elsewhere/1";
  forged.model_digest = "sha256:ab";
  look(kNow + seconds(1));
  EXPECT_THAT(changes(), IsEmpty());
  ASSERT_TRUE(plan_.status);
  EXPECT_EQ(condition(kRunning).reason, "WorkersRunning");
  for (const char* type : {kRunning, kRestarting, kSuspended, kComplete, kFailed})
    EXPECT_EQ(is(type), std::string(type) == kRunning) << type;
  EXPECT_EQ(next_.state, "Running");
  EXPECT_EQ(next_.observed_generation, 1);
  EXPECT_EQ(next_.workers_ready, 2);
  EXPECT_EQ(next_.workers_total, 2);
  EXPECT_EQ(next_.step, 120);
  EXPECT_EQ(next_.total_steps, 500);
  EXPECT_EQ(next_.epoch, 0);
  EXPECT_EQ(next_.loss, 0);
  EXPECT_EQ(next_.selector, honest.selector);
  EXPECT_EQ(next_.model_uri, "");
  EXPECT_EQ(next_.model_digest, "");
  EXPECT_EQ(next_.round, honest.round);
  EXPECT_EQ(next_.members_digest, honest.members_digest);
  EXPECT_EQ(next_.restarts, honest.restarts);
}

TEST_F(PlanTest, PaceAndWhatIsLeftAreToldWhileTheJobRunsAndWithTheOtherProgress) {
  running();
  observed_.reports[0] = report({.index = 0}, job_.status.round, WorkerState::kRunning);
  observed_.reports[0].progress.samples_per_second = 1250.4;
  observed_.reports[0].progress.remaining_seconds = 90;
  look();
  EXPECT_EQ(next_.samples_per_second, 1250);
  EXPECT_EQ(next_.remaining_seconds, 90);
  job_.status = next_;
  observed_.reports[0].progress.remaining_seconds = 88;
  look(kNow + seconds(2));
  EXPECT_FALSE(plan_.status) << "progress is written every ten seconds";
  pods({{.index = 0}, {.index = 1, .phase = "Pending"}});
  look(kNow + seconds(3));
  EXPECT_EQ(next_.samples_per_second, std::nullopt);
  EXPECT_EQ(next_.remaining_seconds, std::nullopt);
}

TEST_F(PlanTest, RowsThatWereLeftOutAreToldFromThenOn) {
  running();
  observed_.reports[0] = report({.index = 0}, job_.status.round, WorkerState::kRunning);
  observed_.reports[0].progress.bad_rows = 3;
  look();
  EXPECT_EQ(next_.bad_rows, 3);
  job_.status = next_;
  observed_.reports[0].progress.bad_rows.reset();
  look(kNow + seconds(20));
  EXPECT_EQ(next_.bad_rows, 3) << "a supervisor that was started anew has yet to read the data";
}

TEST_F(PlanTest, AStartThatCannotBeIsPutRight) {
  auto object = job_json({{"activeDeadlineSeconds", 300}});
  object["metadata"]["creationTimestamp"] = base::format_time(kNow - seconds(60));
  job_ = job_of(object);
  job_.status.start_time = kNow - seconds(9999);
  look();
  EXPECT_FALSE(is(kFailed));
  EXPECT_EQ(next_.start_time, kNow - seconds(60));
  job_.status.start_time = kNow + seconds(9999);
  look();
  EXPECT_EQ(next_.start_time, kNow);
}

TEST_F(PlanTest, AStatusThatWasSetBackIsAnsweredByARoundAboveThatOfTheWorkers) {
  running();
  observed_.reports[0] = report({.index = 0}, 5, WorkerState::kRunning);
  observed_.reports[1] = report({.index = 1}, 5, WorkerState::kRunning);
  look();
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_EQ(next_.round, 6);
  EXPECT_EQ(next_.restarts, 1);
  EXPECT_THAT(plan_.events.at(0).note, HasSubstr("the workers are in round 5"));
}

TEST_F(PlanTest, AStatusThatWasWipedIsMadeAnewWithARoundAboveThatOfTheWorkers) {
  running();
  observed_.reports[0] = report({.index = 0}, 5, WorkerState::kRunning);
  observed_.reports[1] = report({.index = 1}, 5, WorkerState::kBroken);
  job_.status = {};
  look();
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_EQ(next_.round, 6);
  EXPECT_EQ(next_.members, "0-1");
  EXPECT_EQ(next_.state, "Running");
}

TEST_F(PlanTest, AReportOfAPodThatIsGoneTellsNoRound) {
  running();
  observed_.reports[1] = report({.index = 1, .attempt = 4}, 9, WorkerState::kRunning);
  look();
  EXPECT_EQ(next_.round, 1);
}

TEST_F(PlanTest, MembersThatAreNotThereAreReplacedByANewRound) {
  running();
  job_.status.members_digest = "sha256:forged";
  look(kNow + kGrace);
  EXPECT_EQ(next_.round, 2);
  EXPECT_NE(next_.members_digest, "sha256:forged");
}

// Its grounds may be gone, and a job that was over must not train again.
TEST_F(PlanTest, AnEndIsBelieved) {
  for (const char* end : {kComplete, kFailed}) {
    running();
    set(job_.status, end, true, "Forged", "", job_, kNow);
    look();
    EXPECT_FALSE(plan_.status) << plan_;
    EXPECT_THAT(changes(), ElementsAre("delete Pod team/digits-0", "delete Pod team/digits-1"));
  }
}

}  // namespace
}  // namespace cresset::controllers::training_job
