#include "operator/base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace cresset::base {
namespace {

Result<std::unique_ptr<int>> number(int value) {
  if (value < 0) return fail(invalid("negative"));
  return std::make_unique<int>(value);
}

Result<void> demand_even(int value) {
  if (value % 2 != 0) return fail(conflict("odd"));
  return {};
}

Result<int> sum_of_even(int a, int b) {
  CRESSET_TRY(first, number(a));
  CRESSET_TRY(second, number(b));
  CRESSET_CHECK(demand_even(*first + *second));
  return *first + *second;
}

TEST(Result, TryTakesTheValueOut) { EXPECT_EQ(*sum_of_even(1, 3), 4); }

TEST(Result, TryReturnsTheFirstError) {
  EXPECT_EQ(sum_of_even(-1, 2).error(), invalid("negative"));
  EXPECT_EQ(sum_of_even(2, -1).error(), invalid("negative"));
}

TEST(Result, CheckReturnsTheError) { EXPECT_EQ(sum_of_even(1, 2).error(), conflict("odd")); }

}  // namespace
}  // namespace cresset::base
