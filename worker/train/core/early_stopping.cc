#include "worker/train/core/early_stopping.h"

#include <cmath>

#include "crds/worker_contract/goal_spec.h"

namespace cresset::train {

EarlyStopping::EarlyStopping(worker_contract::EarlyStoppingSpec spec) : spec_(std::move(spec)) {}

bool EarlyStopping::judge(double figure) {
  const double gain = worker_contract::is_better_when_higher(spec_.metric) ? figure - state_.best
                                                                           : state_.best - figure;
  const bool better = std::isnan(state_.best) ? !std::isnan(figure) : gain > spec_.min_delta;
  if (better)
    state_ = {.best = figure, .waited = 0};
  else
    ++state_.waited;
  return better;
}

}  // namespace cresset::train
