#include "worker/device/device.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace cresset::device {
namespace {

TEST(Device, DeterministicOperationsAreOnWhenAskedFor) {
  use_deterministic_operations(true);
  EXPECT_TRUE(at::globalContext().deterministicAlgorithms());
  EXPECT_THROW(at::ones({4}).put_(at::zeros({2}, at::kLong), at::ones({2})), c10::Error);
  use_deterministic_operations(false);
  EXPECT_FALSE(at::globalContext().deterministicAlgorithms());
}

}  // namespace
}  // namespace cresset::device
