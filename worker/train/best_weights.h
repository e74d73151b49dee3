#pragma once
// The best weights of a run by what validation said of them, for early stopping: kept beside those
// that go on learning, and the network's own again at the end. When the run is over is decided by
// core/early_stopping.h. All of its state is named tensors, so that a restored run ends where it
// would have. Weights are a network's whole state here: with others' running statistics (batch
// norm) they would not be the ones that were judged. Belongs to the training loop, as do the
// weights.

#include <ATen/ATen.h>

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operator/base/result.h"
#include "worker/train/core/early_stopping.h"
#include "worker/train/named_tensors.h"

namespace cresset::train {

class BestWeights {
 public:
  using Metrics = std::map<std::string, double>;

  // `told`: the names of what validation tells (worker_contract::metrics_of).
  // Network::state_names() and state().
  BestWeights(worker_contract::EarlyStoppingSpec spec, std::span<const std::string_view> told,
              std::vector<std::string> names, std::vector<at::Tensor> tensors);

  // After each validation of the weights as they are now. An error when it tells nothing of the
  // metric.
  base::Result<void> judge(const Metrics& metrics);
  bool is_over() const;

  // The weights become the best ones, whose metrics it answers; nothing and none if no
  // validation gave a number.
  Metrics adopt();
  // "NAME.best" for each of them, "earlyStopping.metrics" and "earlyStopping.waited".
  NamedTensors state() const;

 private:
  int64_t index_of(std::string_view metric) const;
  EarlyStopping stopping() const;

  worker_contract::EarlyStoppingSpec spec_;
  std::span<const std::string_view> told_;
  std::vector<std::string> names_;
  std::vector<at::Tensor> tensors_;
  std::vector<at::Tensor> best_;
  at::Tensor metrics_;  // of the best, in the order of told_; NaN: none
  at::Tensor waited_;
};

}  // namespace cresset::train
