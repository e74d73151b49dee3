#include "operator/coordination/reports.h"

#include <gtest/gtest.h>

namespace cresset::coordination {
namespace {

using worker_contract::Progress;
using worker_contract::WorkerState;

constexpr std::chrono::seconds kPeriod{10};

class ReportsTest : public ::testing::Test {
 protected:
  bool put(int index, const std::string& pod, Progress progress) {
    return reports_.put({"team", "digits"}, base::Uid("job"), index, base::Uid(pod), progress);
  }
  worker_contract::JobReports all() { return reports_.of(base::Uid("job")); }

  base::ManualClock clock_;
  int woken_ = 0;
  Reports reports_{clock_, kPeriod, [this](const kube::ObjectKey& job) {
                     EXPECT_EQ(job.to_string(), "team/digits");
                     ++woken_;
                   }};
};

TEST_F(ReportsTest, KeepsTheLatestOfEachWorker) {
  put(0, "a", {.round = 1, .step = 10});
  put(1, "b", {.round = 1, .step = 11});
  put(0, "a", {.round = 1, .step = 20});
  ASSERT_EQ(all().size(), 2U);
  EXPECT_EQ(all().at(0).progress.step, 20);
  EXPECT_EQ(all().at(0).pod, base::Uid("a"));
  EXPECT_EQ(all().at(1).progress.step, 11);
  EXPECT_TRUE(reports_.of(base::Uid("other")).empty());
}

TEST_F(ReportsTest, WakesForTransitionsAndNotForPlainProgress) {
  put(0, "a", {.round = 1, .step = 1});
  EXPECT_EQ(woken_, 1) << "the first";
  put(0, "a", {.round = 1, .step = 2, .loss = 0.5});
  put(0, "a", {.round = 1, .step = 3, .checkpoint_step = 3});
  EXPECT_EQ(woken_, 1);
  put(0, "a", {.round = 1, .state = WorkerState::kBroken, .step = 3});
  EXPECT_EQ(woken_, 2);
  put(0, "a", {.round = 2, .step = 3, .resumed_from_step = 3});
  EXPECT_EQ(woken_, 3);
  put(0, "a", {.round = 2, .state = WorkerState::kSucceeded, .model_digest = "sha256:1"});
  EXPECT_EQ(woken_, 4);
}

TEST_F(ReportsTest, ProgressOfWorker0WakesOnceInAPeriod) {
  put(0, "a", {.round = 1});
  put(1, "b", {.round = 1});
  put(0, "a", {.round = 1, .total_steps = 1000});
  EXPECT_EQ(woken_, 3) << "the number of steps is news";
  for (int step = 1; step <= 10; ++step) {
    clock_.advance(std::chrono::seconds(1));
    put(1, "b", {.round = 1, .step = step});
    put(0, "a", {.round = 1, .step = step, .total_steps = 1000});
    EXPECT_EQ(woken_, step < 10 ? 3 : 4) << step;
  }
  clock_.advance(kPeriod);
  put(0, "a", {.round = 1, .step = 10, .total_steps = 1000});
  EXPECT_EQ(woken_, 4) << "said again, it is no news";
  put(0, "a", {.round = 1, .step = 11, .total_steps = 1000});
  EXPECT_EQ(woken_, 5);
}

TEST_F(ReportsTest, DropsWhatAnEarlierRoundOfTheSamePodTellsLate) {
  put(0, "a", {.round = 2, .step = 5});
  EXPECT_FALSE(put(0, "a", {.round = 1, .state = WorkerState::kBroken}));
  EXPECT_EQ(all().at(0).progress.round, 2);
  EXPECT_TRUE(put(0, "new pod", {.round = 0}));
  EXPECT_EQ(all().at(0).pod, base::Uid("new pod"));
}

TEST_F(ReportsTest, ForgetsAJob) {
  put(0, "a", {.round = 1});
  reports_.forget(base::Uid("job"));
  EXPECT_TRUE(all().empty());
  EXPECT_EQ(reports_.jobs(), 0U);
}

}  // namespace
}  // namespace cresset::coordination
