#include "worker/cpu/rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace cresset::cpu {
namespace {

TEST(Rows, MissingValuesAreFilledBeforeScaling) {
  std::vector<float> rows{1, NAN, 3, 4, NAN, 6};
  const std::vector<float> fill{NAN, 5, 0}, mean{1, 2, 3}, inverse{1, 0.5F, 2};
  fill_and_scale(rows.data(), 2, 3, fill.data(), mean.data(), inverse.data());
  EXPECT_EQ(rows, (std::vector<float>{0, 1.5F, 0, 3, 1.5F, 6}));
}

TEST(Rows, WhatHasNoFillStaysMissing) {
  std::vector<float> rows{NAN};
  const float fill = NAN, mean = 0, inverse = 1;
  fill_and_scale(rows.data(), 1, 1, &fill, &mean, &inverse);
  EXPECT_TRUE(std::isnan(rows[0]));
}

TEST(Rows, ClippingLeavesMissingValuesAlone) {
  std::vector<float> rows{1, NAN, 9, -9, 2, 3};
  const std::vector<float> low{0, 0, 4}, high{5, INFINITY, 8};
  clip(rows.data(), 2, 3, low.data(), high.data());
  EXPECT_TRUE(std::isnan(rows[1]));
  rows[1] = 0;
  EXPECT_EQ(rows, (std::vector<float>{1, 0, 8, 0, 2, 4}));
}

TEST(Rows, ExtremesLeaveMissingValuesOutAndKeepWhatIsThere) {
  const std::vector<float> rows{1, NAN, -3, 4};
  std::vector<float> least{0, 9}, greatest{0, 9};
  add_extremes(rows.data(), 2, 2, least.data(), greatest.data());
  EXPECT_EQ(least, (std::vector<float>{-3, 4}));
  EXPECT_EQ(greatest, (std::vector<float>{1, 9}));
}

TEST(Rows, SumsLeaveMissingValuesOutAndAddToWhatIsThere) {
  const std::vector<float> rows{1, NAN, 3, 4};
  std::vector<double> present{10, 0}, sum{100, 0}, squares{0, 0};
  add_present(rows.data(), 2, 2, present.data(), sum.data());
  EXPECT_EQ(present, (std::vector<double>{12, 1}));
  EXPECT_EQ(sum, (std::vector<double>{104, 4}));
  const std::vector<double> mean{2, 5};
  add_squares(rows.data(), 2, 2, mean.data(), squares.data());
  EXPECT_EQ(squares, (std::vector<double>{2, 1}));
}

}  // namespace
}  // namespace cresset::cpu
