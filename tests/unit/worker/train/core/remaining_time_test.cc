#include "worker/train/core/remaining_time.h"

#include <gtest/gtest.h>

namespace cresset::train {
namespace {

TEST(RemainingTime, IsNotKnownBeforeTheFirstSteps) {
  RemainingTime remaining;
  EXPECT_EQ(remaining.seconds_for(100), std::nullopt);
  remaining.add(0, 1);
  EXPECT_EQ(remaining.seconds_for(100), std::nullopt);
}

TEST(RemainingTime, IsThatOfTheStepsAtThePaceOfTheNewestOnes) {
  RemainingTime remaining;
  remaining.add(10, 1);
  EXPECT_EQ(remaining.seconds_for(100), 10);
  for (size_t i = 0; i < RemainingTime::kWindows; ++i) remaining.add(20, 1);
  EXPECT_EQ(remaining.seconds_for(100), 5);
  EXPECT_EQ(remaining.seconds_for(101), 6);
  EXPECT_EQ(remaining.seconds_for(0), 0);
}

TEST(RemainingTime, IsNotChangedByASinglePause) {
  RemainingTime remaining;
  for (int i = 0; i < 5; ++i) remaining.add(10, 1);
  remaining.add(10, 600);
  EXPECT_EQ(remaining.seconds_for(100), 10);
  remaining.add(10, 1);
  EXPECT_EQ(remaining.seconds_for(100), 10);
}

// Nine windows of steps, then one with a validation that takes as long as they all.
TEST(RemainingTime, CountsWhatComesAgainAndAgain) {
  RemainingTime remaining;
  for (int epoch = 0; epoch < 3; ++epoch) {
    for (int i = 0; i < 9; ++i) remaining.add(10, 1);
    remaining.add(10, 10);
  }
  EXPECT_EQ(remaining.seconds_for(290), 27 + 20);
}

TEST(RemainingTime, AfterTheFirstTwoWindowsIsThatOfTheFaster) {
  RemainingTime remaining;
  remaining.add(10, 5);  // the first steps make what the others use again
  remaining.add(10, 1);
  EXPECT_EQ(remaining.seconds_for(10), 1);
}

}  // namespace
}  // namespace cresset::train
