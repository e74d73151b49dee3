#pragma once
// When a run has not become better for long enough, and which validation was the best: as Keras'
// EarlyStopping with restore_best_weights. Told each validation's figure; holds no weights. A value
// whose state is two numbers. One thread.

#include <cstdint>
#include <limits>

#include "crds/worker_contract/chosen_weights_spec.h"

namespace cresset::train {

class EarlyStopping {
 public:
  explicit EarlyStopping(worker_contract::EarlyStoppingSpec spec);

  struct State {
    double best = std::numeric_limits<double>::quiet_NaN();  // none so far
    int64_t waited = 0;                                      // validations since
    bool operator==(const State&) const = default;
  };

  // After each validation. Whether it is the best so far; NaN never is.
  bool judge(double figure);
  bool is_over() const { return state_.waited >= spec_.patience; }

  const State& state() const { return state_; }
  void restore(const State& state) { state_ = state; }

 private:
  worker_contract::EarlyStoppingSpec spec_;
  State state_;
};

}  // namespace cresset::train
