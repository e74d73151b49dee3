#include "controllers/training_job/progress_budget.h"

#include <gtest/gtest.h>

namespace cresset::controllers::training_job {
namespace {

using std::chrono::milliseconds;

kube::ObjectKey job(int number) { return {"team", "job-" + std::to_string(number)}; }

class ProgressBudgetTest : public ::testing::Test {
 protected:
  bool may_write(int number) { return !budget_.wait(job(number), now_); }

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

TEST_F(ProgressBudgetTest, AJobThatIsGoneIsForgotten) {
  EXPECT_TRUE(may_write(0));
  EXPECT_FALSE(may_write(1));
  EXPECT_EQ(budget_.waiting(), 1U);
  budget_.forget(job(1));
  EXPECT_EQ(budget_.waiting(), 0U);
}

}  // namespace
}  // namespace cresset::controllers::training_job
