#include "worker/train/loss.h"

#include <ATen/ATen.h>

namespace cresset::train {

namespace {

std::optional<at::Tensor> given(const at::Tensor& weights) {
  if (!weights.defined()) return std::nullopt;
  return weights;
}

at::Tensor float_tensor(const std::vector<double>& values) {
  return values.empty() ? at::Tensor() : at::tensor(values, at::kFloat);
}

// Every row counts by the mean of its answers.
at::Tensor by_rows(const at::Tensor& sum, const at::Tensor& targets) {
  return targets.dim() > 1 ? sum / targets.size(1) : sum;
}

}  // namespace

double Loss::divisor(const at::Tensor& targets) const {
  return static_cast<double>(targets.size(0));
}

CrossEntropy::CrossEntropy(double label_smoothing, const std::vector<double>& class_weights)
    : label_smoothing_(label_smoothing),
      weights_(float_tensor(class_weights)),
      weights_of_sums_(weights_) {}

void CrossEntropy::move_to(const c10::Device& device) {
  if (weights_.defined()) weights_of_sums_ = weights_.to(device);
}

at::Tensor CrossEntropy::sum(const at::Tensor& logits, const at::Tensor& targets) const {
  // Of networks that answer for each place, each place is a row: with the classes last, their
  // kernel is the faster one.
  return by_rows(
      at::cross_entropy_loss(logits.flatten(0, -2), targets.flatten(), given(weights_of_sums_),
                             at::Reduction::Sum, kNoTarget, label_smoothing_),
      targets);
}

double CrossEntropy::divisor(const at::Tensor& targets) const {
  if (!weights_.defined()) return Loss::divisor(targets);
  return weights_.index_select(0, targets).sum(at::kDouble).item<double>();
}

at::Tensor PlacesCrossEntropy::sum(const at::Tensor& logits, const at::Tensor& targets) const {
  return at::cross_entropy_loss(logits.flatten(0, -2), targets.flatten(), {}, at::Reduction::Sum,
                                kNoTarget, label_smoothing_);
}

double PlacesCrossEntropy::divisor(const at::Tensor& targets) const {
  return targets.ne(kNoTarget).sum().item<double>();
}

BinaryCrossEntropy::BinaryCrossEntropy(const std::vector<double>& weights)
    : weights_(float_tensor(weights)) {}

void BinaryCrossEntropy::move_to(const c10::Device& device) {
  if (weights_.defined()) weights_ = weights_.to(device);
}

at::Tensor BinaryCrossEntropy::sum(const at::Tensor& logits, const at::Tensor& targets) const {
  return by_rows(at::binary_cross_entropy_with_logits(logits, targets, {}, given(weights_),
                                                      at::Reduction::Sum),
                 targets);
}

at::Tensor Distance::sum(const at::Tensor& outputs, const at::Tensor& targets) const {
  if (goal_.loss == "MeanAbsolute")
    return by_rows(at::l1_loss(outputs, targets, at::Reduction::Sum), targets);
  if (goal_.loss == "Huber")
    return by_rows(at::huber_loss(outputs, targets, at::Reduction::Sum, goal_.delta), targets);
  return by_rows(at::mse_loss(outputs, targets, at::Reduction::Sum), targets);
}

}  // namespace cresset::train
