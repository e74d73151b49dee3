#include "worker/train/core/remaining_time.h"

#include <algorithm>
#include <cmath>

namespace cresset::train {

void RemainingTime::add(int64_t steps, double seconds) {
  if (steps <= 0 || seconds <= 0) return;
  windows_.push_back({steps, seconds});
  if (windows_.size() > kWindows) windows_.pop_front();
  const auto pace = [](const Window& one) { return one.seconds / static_cast<double>(one.steps); };
  const auto slowest =
      std::max_element(windows_.begin(), windows_.end(),
                       [&](const Window& a, const Window& b) { return pace(a) < pace(b); });
  Window all{0, 0};
  for (auto one = windows_.begin(); one != windows_.end(); ++one) {
    if (one == slowest && windows_.size() > 1) continue;
    all.steps += one->steps;
    all.seconds += one->seconds;
  }
  seconds_a_step_ = pace(all);
}

std::optional<int64_t> RemainingTime::seconds_for(int64_t steps) const {
  if (windows_.empty()) return std::nullopt;
  return static_cast<int64_t>(std::ceil(seconds_a_step_ * static_cast<double>(steps)));
}

}  // namespace cresset::train
