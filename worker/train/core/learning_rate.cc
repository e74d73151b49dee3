#include "worker/train/core/learning_rate.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cresset::train {

using worker_contract::ScheduleSpec;

namespace {

// From `start` to `end` while `share` goes from 0 to 1.
double cosine(double start, double end, double share) {
  return end + (start - end) / 2 * (std::cos(std::numbers::pi * share) + 1);
}

double one_cycle(const ScheduleSpec& schedule, double most, double step, double total) {
  const double first = most / schedule.div_factor, last = first / schedule.final_div_factor;
  const double top = std::max(schedule.pct_start * total - 1, 0.0), end = total - 1;
  const bool rising = step <= top;
  const double length = rising ? top : end - top;
  const double share = length > 0 ? (rising ? step : step - top) / length : 1;
  const double from = rising ? first : most, to = rising ? most : last;
  return schedule.anneal_strategy == "Linear" ? from + (to - from) * share
                                              : cosine(from, to, share);
}

int64_t warmup(const ScheduleSpec& schedule, int64_t total) {
  if (schedule.warmup_steps > 0) return schedule.warmup_steps;
  return static_cast<int64_t>(std::ceil(schedule.warmup_fraction * static_cast<double>(total)));
}

}  // namespace

double learning_rate(const ScheduleSpec& schedule, double base, int64_t step, int64_t total_steps) {
  if (schedule.name == "OneCycle")
    return one_cycle(schedule, base, static_cast<double>(step), static_cast<double>(total_steps));
  const int64_t rise = warmup(schedule, total_steps);
  const auto after = static_cast<double>(step - rise);
  if (step < rise) {
    const double start = schedule.warmup_start_factor;
    return base * (start + (1 - start) * static_cast<double>(step) / static_cast<double>(rise));
  }
  if (schedule.name == "Step")
    return base *
           std::pow(schedule.gamma, std::floor(after / static_cast<double>(schedule.step_size)));
  if (schedule.name == "Cosine")
    return cosine(base, schedule.eta_min, after / static_cast<double>(total_steps - rise));
  return base;
}

}  // namespace cresset::train
