#include "worker/train/loss_scale.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

namespace cresset::train {

namespace {

constexpr double kFirst = 65536;
constexpr double kGrowth = 2;
constexpr double kBackoff = 0.5;
constexpr double kLeast = 1.0 / 65536;
constexpr int64_t kGrowthInterval = 2000;

}  // namespace

LossScale::LossScale()
    : scale_(at::full({}, kFirst, at::kFloat)), good_steps_(at::zeros({}, at::kLong)) {}

base::Result<bool> LossScale::unscale(const std::vector<at::Tensor>& parameters) {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients;
  for (const auto& parameter : parameters) gradients.push_back(parameter.grad());
  const auto place = gradients.front().device();
  auto infinite = at::zeros({1}, at::device(place).dtype(at::kFloat));
  at::_amp_foreach_non_finite_check_and_unscale_(gradients, infinite,
                                                 scale_.reciprocal().view({1}).to(place));
  if (infinite.item<float>() > 0) {
    scale_.mul_(kBackoff);
    good_steps_.zero_();
    if (value() >= kLeast) return false;
    return base::fail(base::invalid(
        "the gradients are not finite at any scale of the loss: training diverged, or "
        "spec.training.precision fp16 is too narrow for it; bf16 and fp32 have a larger range"));
  }
  good_steps_.add_(1);
  if (good_steps_.item<int64_t>() < kGrowthInterval) return true;
  if (std::isfinite(static_cast<float>(value() * kGrowth))) scale_.mul_(kGrowth);
  good_steps_.zero_();
  return true;
}

NamedTensors LossScale::state() const {
  NamedTensors state;
  state.add("lossScale.value", scale_);
  state.add("lossScale.goodSteps", good_steps_);
  return state;
}

}  // namespace cresset::train
