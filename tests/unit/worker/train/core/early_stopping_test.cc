#include "worker/train/core/early_stopping.h"

#include <gtest/gtest.h>

#include <cmath>

namespace cresset::train {
namespace {

TEST(EarlyStopping, EndsWhenNothingWasBetterForAsLongAsThePatience) {
  EarlyStopping stopping({.metric = "loss", .patience = 2});
  EXPECT_TRUE(stopping.judge(1.0));
  EXPECT_FALSE(stopping.judge(1.0));
  EXPECT_TRUE(stopping.judge(0.9));  // the waiting begins anew
  EXPECT_FALSE(stopping.judge(0.95));
  EXPECT_FALSE(stopping.is_over());
  EXPECT_FALSE(stopping.judge(0.9));
  EXPECT_TRUE(stopping.is_over());
}

TEST(EarlyStopping, OfAccuracyMoreIsBetter) {
  EarlyStopping stopping({.metric = "accuracy", .patience = 1});
  EXPECT_TRUE(stopping.judge(0.5));
  EXPECT_TRUE(stopping.judge(0.6));
  EXPECT_FALSE(stopping.judge(0.5));
  EXPECT_TRUE(stopping.is_over());
}

TEST(EarlyStopping, WhatIsBetterByNoMoreThanTheDeltaIsNotBetter) {
  EarlyStopping stopping({.metric = "auc", .patience = 3, .min_delta = 0.25});
  EXPECT_TRUE(stopping.judge(0.5));
  EXPECT_FALSE(stopping.judge(0.75));
  EXPECT_TRUE(stopping.judge(0.875));
}

TEST(EarlyStopping, AFigureThatIsNoNumberIsNeverTheBest) {
  EarlyStopping stopping({.metric = "loss", .patience = 2});
  EXPECT_FALSE(stopping.judge(std::nan("")));
  EXPECT_TRUE(stopping.judge(1.0));
  EXPECT_FALSE(stopping.judge(std::nan("")));
}

TEST(EarlyStopping, RestoredItEndsWhereItWouldHave) {
  EarlyStopping first({.metric = "loss", .patience = 2}), second = first;
  EXPECT_TRUE(first.judge(1.0));
  EXPECT_FALSE(first.judge(2.0));
  second.restore(first.state());
  EXPECT_FALSE(second.judge(1.5));
  EXPECT_TRUE(second.is_over());
}

}  // namespace
}  // namespace cresset::train
