#pragma once
// What training makes small: cross entropy with label smoothing and class weights, as PyTorch's
// CrossEntropyLoss(weight=, label_smoothing=) with reduction "mean" over all rows of all ranks.
// Since that mean divides by the weights of the rows, sums and divisors are told apart here; the
// caller adds up both. A value.

#include <ATen/ATen.h>

#include <vector>

namespace cresset::train {

class Loss {
 public:
  // `class_weights` by the classes' codes; empty: each row counts the same.
  Loss(double label_smoothing, const std::vector<double>& class_weights);

  // Over the rows, in float. Targets are [rows], or [rows, places] with logits [rows, places,
  // classes]: then a row counts by the mean of its places, and there are no weights
  // (next_token.h).
  at::Tensor sum(const at::Tensor& logits, const at::Tensor& targets) const;
  // What a sum over these rows is divided by for the mean: their weights, or their number.
  double divisor(const at::Tensor& targets) const;
  // Else the divisor is the number of rows, whatever they are.
  bool is_weighted() const { return weights_.defined(); }

 private:
  double label_smoothing_;
  at::Tensor weights_;  // undefined: none
};

}  // namespace cresset::train
