#include "worker/train/loss.h"

#include <ATen/ATen.h>

namespace cresset::train {

namespace {

constexpr int64_t kIgnoreNone = -100;  // PyTorch's own default; codes are never below 0

}  // namespace

Loss::Loss(double label_smoothing, const std::vector<double>& class_weights)
    : label_smoothing_(label_smoothing) {
  if (!class_weights.empty()) weights_ = at::tensor(class_weights, at::kFloat);
}

at::Tensor Loss::sum(const at::Tensor& logits, const at::Tensor& targets) const {
  std::optional<at::Tensor> weights;
  if (weights_.defined()) weights = weights_;
  return at::cross_entropy_loss(logits, targets, weights, at::Reduction::Sum, kIgnoreNone,
                                label_smoothing_);
}

double Loss::divisor(const at::Tensor& targets) const {
  if (!weights_.defined()) return static_cast<double>(targets.numel());
  return weights_.index_select(0, targets).sum(at::kDouble).item<double>();
}

}  // namespace cresset::train
