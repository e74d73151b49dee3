#include "controllers/training_job/progress_budget.h"

#include <algorithm>

namespace cresset::controllers::training_job {

std::optional<std::chrono::milliseconds> ProgressBudget::wait(const kube::ObjectKey& job,
                                                              base::MonoTime now) {
  std::lock_guard lock(mutex_);
  const auto [turn, is_new] = turns_.try_emplace(job, std::max(next_, now));
  if (is_new) next_ = turn->second + kBetween;
  if (turn->second > now) return std::chrono::ceil<std::chrono::milliseconds>(turn->second - now);
  turns_.erase(turn);
  return std::nullopt;
}

void ProgressBudget::forget(const kube::ObjectKey& job) {
  std::lock_guard lock(mutex_);
  turns_.erase(job);
}

size_t ProgressBudget::waiting() const {
  std::lock_guard lock(mutex_);
  return turns_.size();
}

}  // namespace cresset::controllers::training_job
