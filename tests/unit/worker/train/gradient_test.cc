#include "worker/train/gradient.h"

#include <gtest/gtest.h>
#include <torch/nn/utils/clip_grad.h>

namespace cresset::train::gradient_test {
namespace {

std::vector<at::Tensor> with_gradients() {
  std::vector<at::Tensor> parameters;
  for (const int64_t size : {7, 3}) {
    parameters.push_back(at::zeros({size}).requires_grad_(true));
    parameters.back().mutable_grad() = at::arange(size, at::kFloat).sin() * 3;
  }
  return parameters;
}

TEST(ClipGradients, ByNormDoesAsPyTorchDoesWhetherTheNormIsAboveOrBelow) {
  for (const double most : {0.5, 3.0, 100.0}) {
    const auto ours = with_gradients(), theirs = with_gradients();
    clip_gradients(ours, {.clip_norm = most});
    torch::nn::utils::clip_grad_norm_(theirs, most);
    for (size_t i = 0; i < ours.size(); ++i)
      EXPECT_TRUE(ours[i].grad().allclose(theirs[i].grad(), 1e-7, 0)) << most;
  }
}

TEST(ClipGradients, ByValueDoesAsPyTorchDoes) {
  const auto ours = with_gradients(), theirs = with_gradients();
  clip_gradients(ours, {.clip_value = 1.5});
  torch::nn::utils::clip_grad_value_(theirs, 1.5);
  for (size_t i = 0; i < ours.size(); ++i) EXPECT_TRUE(ours[i].grad().equal(theirs[i].grad()));
}

TEST(ClipGradients, WithoutALimitNothingChanges) {
  const auto ours = with_gradients(), before = with_gradients();
  clip_gradients(ours, {.micro_batch_size = 2});
  for (size_t i = 0; i < ours.size(); ++i) EXPECT_TRUE(ours[i].grad().equal(before[i].grad()));
}

}  // namespace
}  // namespace cresset::train::gradient_test
