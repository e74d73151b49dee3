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

TEST(Device, WithoutLibtorchsPartForGpusNoneIsLookedFor) {
  const auto visible = look_for_gpus();
  EXPECT_EQ(visible.built, CRESSET_LIBTORCH_CUDA);
  EXPECT_TRUE(visible.gpus > 0 || !visible.why_none.empty());
}

TEST(Device, IsTheCpuWhereNoGpuWasChosen) {
  const auto device = use(std::nullopt);
  EXPECT_TRUE(device.is_cpu());
  EXPECT_EQ(describe(device).substr(0, 5), "cpu, ");
}

TEST(Device, TheCpuIsNeverLost) { EXPECT_TRUE(check_works(at::kCPU)); }

TEST(Device, OneThatDoesNotAnswerIsLostAndItsWordsAreTold) {
  const auto lost = check_works(at::kMeta);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind(), base::ErrorKind::kUnavailable);
  EXPECT_EQ(lost.error().message().find("meta is lost: "), 0U) << lost.error().message();
  EXPECT_EQ(lost.error().message().find('\n'), std::string::npos);
}

TEST(Device, WhatLiesThereAlreadyIsNotCopied) {
  const auto tensor = at::ones({2});
  EXPECT_TRUE(moved(tensor, at::kCPU).is_same(tensor));
  EXPECT_TRUE(moved(tensor, at::kMeta).is_meta());
}

}  // namespace
}  // namespace cresset::device
