#include "worker/train/core/schedule.h"

#include <gtest/gtest.h>

namespace cresset::train {
namespace {

using std::chrono::seconds;

TEST(Schedule, IsDueAtMultiplesOfTheSteps) {
  const base::MonoTime start{};
  Schedule schedule(50, seconds(0), start);
  EXPECT_FALSE(schedule.due(49, start));
  EXPECT_TRUE(schedule.due(50, start));
  EXPECT_FALSE(schedule.due(51, start + seconds(1000)));
  EXPECT_TRUE(schedule.due(100, start));
}

TEST(Schedule, IsDueAfterTheTimeSinceItWasLast) {
  const base::MonoTime start{};
  Schedule schedule(50, seconds(60), start);
  EXPECT_FALSE(schedule.due(1, start + seconds(59)));
  EXPECT_TRUE(schedule.due(2, start + seconds(60)));
  EXPECT_FALSE(schedule.due(3, start + seconds(119)));
  EXPECT_TRUE(schedule.due(50, start + seconds(119)));
  EXPECT_FALSE(schedule.due(51, start + seconds(178)));
  EXPECT_TRUE(schedule.due(52, start + seconds(179)));
}

TEST(Schedule, SwitchedOffItIsNeverDue) {
  Schedule schedule(0, seconds(0), {});
  EXPECT_FALSE(schedule.due(50, base::MonoTime{} + seconds(100000)));
}

}  // namespace
}  // namespace cresset::train
