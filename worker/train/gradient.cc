#include "worker/train/gradient.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace cresset::train {

namespace {

constexpr double kNotZero = 1e-6;  // as PyTorch divides

}  // namespace

void clip_gradients(const std::vector<at::Tensor>& parameters,
                    const worker_contract::GradientSpec& spec) {
  if (spec.clip_norm <= 0 && spec.clip_value <= 0) return;
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients;
  for (const auto& parameter : parameters) gradients.push_back(parameter.grad());
  if (spec.clip_value > 0) {
    at::_foreach_clamp_min_(gradients, -spec.clip_value);
    at::_foreach_clamp_max_(gradients, spec.clip_value);
    return;
  }
  const auto norm = at::stack(at::_foreach_norm(gradients)).norm();
  // On the norm as a tensor: a host number would round otherwise than PyTorch's.
  at::_foreach_mul_(gradients, (norm + kNotZero).reciprocal().mul(spec.clip_norm).clamp_max(1));
}

}  // namespace cresset::train
