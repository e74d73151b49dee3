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
  // Of networks that answer for each place, each place is a row: with the classes last, their
  // kernel is the faster one.
  const auto sum = at::cross_entropy_loss(logits.flatten(0, -2), targets.flatten(), weights,
                                          at::Reduction::Sum, kIgnoreNone, label_smoothing_);
  return targets.dim() > 1 ? sum / targets.size(1) : sum;
}

double Loss::divisor(const at::Tensor& targets) const {
  if (!weights_.defined()) return static_cast<double>(targets.size(0));
  return weights_.index_select(0, targets).sum(at::kDouble).item<double>();
}

}  // namespace cresset::train
