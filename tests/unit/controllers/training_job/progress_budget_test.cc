#include "controllers/training_job/progress_budget.h"

#include <gtest/gtest.h>

namespace cresset::controllers::training_job {
namespace {

using std::chrono::milliseconds;

kube::ObjectKey job(int number) { return {"team", "job-" + std::to_string(number)}; }

class ProgressBudgetTest : public ::testing::Test {
 protected:
  bool may_write(int number) {
    if (budget_.wait(job(number), now_)) return false;
    budget_.used(job(number), now_);
    return true;
  }

  base::MonoTime now_{std::chrono::hours(1)};
  ProgressBudget budget_;
};

TEST_F(ProgressBudgetTest, AJobAloneWritesAtOnce) {
  EXPECT_TRUE(may_write(0));
  now_ += std::chrono::seconds(10);
  EXPECT_TRUE(may_write(0));
  EXPECT_EQ(budget_.waiting(), 0U);
}

TEST_F(ProgressBudgetTest, ThreeHundredJobsTogetherWriteTenTimesASecondAndEachAsOftenAsTheOthers) {
  constexpr int kJobs = 300;
  std::map<int, int> written;
  int total = 0;
  for (int tick = 0; tick < 900; ++tick, now_ += milliseconds(100))
    for (int number = 0; number < kJobs; ++number)
      if (may_write(number)) ++written[number], ++total;
  EXPECT_EQ(total, 900) << "in 90 seconds";
  for (int number = 0; number < kJobs; ++number) EXPECT_EQ(written[number], 3) << number;
}

TEST_F(ProgressBudgetTest, SaysHowLongToWaitAndKeepsTheTurn) {
  EXPECT_TRUE(may_write(0));
  EXPECT_EQ(budget_.wait(job(1), now_), milliseconds(100));
  EXPECT_EQ(budget_.wait(job(2), now_), milliseconds(200));
  now_ += milliseconds(60);
  EXPECT_EQ(budget_.wait(job(1), now_), milliseconds(40)) << "asking again costs no turn";
  now_ += milliseconds(40);
  EXPECT_FALSE(may_write(2));
  EXPECT_TRUE(may_write(1));
}

TEST_F(ProgressBudgetTest, AWriteThatFailedIsTriedAgainInTheSameTurn) {
  EXPECT_FALSE(budget_.wait(job(0), now_)) << "not used: the API server refused it";
  EXPECT_EQ(budget_.wait(job(1), now_), milliseconds(100));
  now_ += std::chrono::seconds(1);
  EXPECT_TRUE(may_write(0));
}

TEST_F(ProgressBudgetTest, AfterAnOutageNobodyHasATurnFromBefore) {
  for (int number = 0; number < 100; ++number) budget_.wait(job(number), now_);
  now_ += std::chrono::hours(1);
  int at_once = 0;
  for (int number = 0; number < 100; ++number) at_once += may_write(number) ? 1 : 0;
  EXPECT_EQ(at_once, 1);
}

TEST_F(ProgressBudgetTest, ALineWhoseJobsAreGoneHoldsNobodyUp) {
  EXPECT_TRUE(may_write(0));
  for (int number = 1; number <= 100; ++number) EXPECT_FALSE(may_write(number));
  EXPECT_EQ(budget_.waiting(), 100U);
  for (int number = 1; number <= 100; ++number) budget_.forget(job(number));
  EXPECT_EQ(budget_.waiting(), 0U);
  EXPECT_EQ(budget_.wait(job(0), now_), milliseconds(100)) << "after its own last write";
}

}  // namespace
}  // namespace cresset::controllers::training_job
