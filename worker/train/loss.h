#pragma once
// What training makes small, by the goal of the job: each is PyTorch's loss with reduction "mean"
// over all rows of all ranks. Since such a mean may divide by the weights of the rows, sums and
// divisors are told apart here; the caller adds up both. Values; const, so any thread.

#include <ATen/ATen.h>

#include <vector>

#include "crds/worker_contract/goal_spec.h"

namespace cresset::train {

class Loss {
 public:
  virtual ~Loss() = default;
  // Where its sums are computed from now on: the CPU, at first.
  virtual void move_to(const c10::Device& /*device*/) {}
  // Over the rows, in float; a row with several answers counts by their mean.
  virtual at::Tensor sum(const at::Tensor& outputs, const at::Tensor& targets) const = 0;
  // What a sum over these rows is divided by for the mean: their number, unless rows are weighted.
  // Of targets on the CPU, wherever sums are computed.
  virtual double divisor(const at::Tensor& targets) const;
  // Else the divisor is the number of rows, whatever they are.
  virtual bool is_weighted() const { return false; }
};

// CrossEntropyLoss(weight=, label_smoothing=). Targets are [rows], or [rows, places] with logits
// [rows, places, classes]: then there are no weights (next_token.h).
class CrossEntropy : public Loss {
 public:
  // `class_weights` by the classes' codes; empty: each row counts the same.
  CrossEntropy(double label_smoothing, const std::vector<double>& class_weights);
  void move_to(const c10::Device& device) override;
  at::Tensor sum(const at::Tensor& logits, const at::Tensor& targets) const override;
  double divisor(const at::Tensor& targets) const override;
  bool is_weighted() const override { return weights_.defined(); }

 private:
  double label_smoothing_;
  at::Tensor weights_;  // undefined: none
  at::Tensor weights_of_sums_;
};

inline constexpr int64_t kNoTarget = -100;  // PyTorch's own default; codes are never below 0

// CrossEntropyLoss(label_smoothing=, ignore_index=kNoTarget) of networks that answer for each place
// of a row, where not every place has a target: the mean is over those that have one, so that each
// token counts the same whatever rows it stands in, on any number of ranks.
class PlacesCrossEntropy : public Loss {
 public:
  explicit PlacesCrossEntropy(double label_smoothing) : label_smoothing_(label_smoothing) {}
  at::Tensor sum(const at::Tensor& logits, const at::Tensor& targets) const override;
  double divisor(const at::Tensor& targets) const override;
  bool is_weighted() const override { return true; }

 private:
  double label_smoothing_;
};

// BCEWithLogitsLoss(pos_weight=). Targets are [rows, labels], each 0 or 1.
class BinaryCrossEntropy : public Loss {
 public:
  // What a label counts where it is 1; empty: as where it is 0.
  explicit BinaryCrossEntropy(const std::vector<double>& weights);
  void move_to(const c10::Device& device) override;
  at::Tensor sum(const at::Tensor& logits, const at::Tensor& targets) const override;

 private:
  at::Tensor weights_;  // undefined: none
};

// MSELoss, L1Loss or HuberLoss(delta=), as goal.loss says. Targets are [rows, numbers].
class Distance : public Loss {
 public:
  explicit Distance(const worker_contract::GoalSpec& goal) : goal_(goal) {}
  at::Tensor sum(const at::Tensor& outputs, const at::Tensor& targets) const override;

 private:
  worker_contract::GoalSpec goal_;
};

}  // namespace cresset::train
