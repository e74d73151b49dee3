#include "worker/train/loss_scale.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace cresset::train::loss_scale_test {
namespace {

at::Tensor with_gradient(double gradient) {
  auto parameter = at::zeros({3}).requires_grad_(true);
  parameter.mutable_grad() = at::full({3}, gradient, at::kFloat);
  return parameter;
}

bool step(LossScale& scale, double gradient) {
  return scale.unscale({with_gradient(gradient), with_gradient(1)}).value();
}

TEST(LossScale, GivesTheGradientsOfTheLossItself) {
  LossScale scale;
  EXPECT_EQ(scale.value(), 65536);
  const auto parameter = with_gradient(65536 * 0.25);
  EXPECT_TRUE(scale.unscale({parameter}).value());
  EXPECT_TRUE(parameter.grad().equal(at::full({3}, 0.25F)));
}

TEST(LossScale, HalvesWhenAGradientIsNotFiniteAndDoublesAfterTwoThousandGoodSteps) {
  LossScale scale;
  EXPECT_FALSE(step(scale, std::numeric_limits<double>::infinity()));
  EXPECT_FALSE(step(scale, std::numeric_limits<double>::quiet_NaN()));
  EXPECT_EQ(scale.value(), 65536 / 4);
  for (int i = 0; i < 1999; ++i) ASSERT_TRUE(step(scale, 1));
  EXPECT_EQ(scale.value(), 65536 / 4);
  EXPECT_TRUE(step(scale, 1));
  EXPECT_EQ(scale.value(), 65536 / 2);
}

TEST(LossScale, ABadStepBeginsTheCountAnewAndTheNamedStateHoldsIt) {
  LossScale first;
  for (int i = 0; i < 1999; ++i) ASSERT_TRUE(step(first, 1));
  LossScale second;
  for (size_t i = 0; i < first.state().tensors.size(); ++i)
    second.state().tensors[i].copy_(first.state().tensors[i]);
  EXPECT_FALSE(step(first, std::numeric_limits<double>::infinity()));
  EXPECT_TRUE(step(first, 1));
  EXPECT_EQ(first.value(), 65536 / 2);
  EXPECT_TRUE(step(second, 1));
  EXPECT_EQ(second.value(), 65536 * 2);
}

TEST(LossScale, DoublesNoMoreThanAFloatCanHold) {
  LossScale scale;
  const auto state = scale.state();  // as a checkpoint is taken from
  state.tensors[0].fill_(std::ldexp(1.0, 127));
  state.tensors[1].fill_(1999);
  EXPECT_TRUE(step(scale, 1));
  EXPECT_EQ(scale.value(), std::ldexp(1.0, 127));
}

TEST(LossScale, GradientsThatNoScaleMakesFiniteAreAnError) {
  LossScale scale;
  base::Result<bool> finite = false;
  for (int i = 0; i < 100 && finite; ++i)
    finite = scale.unscale({with_gradient(std::numeric_limits<double>::infinity())});
  ASSERT_FALSE(finite);
  EXPECT_EQ(
      finite.error().message(),
      R"(the gradients are not finite at any scale of the loss: training diverged, or spec.training.precision fp16 is too narrow for it; bf16 and fp32 have a larger range)");
}

}  // namespace
}  // namespace cresset::train::loss_scale_test
