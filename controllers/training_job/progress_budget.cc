#include "controllers/training_job/progress_budget.h"

#include <algorithm>

namespace cresset::controllers::training_job {

std::optional<std::chrono::milliseconds> ProgressBudget::wait(const kube::ObjectKey& job,
                                                              base::MonoTime now) {
  std::lock_guard lock(mutex_);
  const auto [turn, is_new] = turns_.try_emplace(job);
  if (is_new || now - turn->second > kTurnLasts) {
    turn->second = std::max(next_, now);
    next_ = turn->second + kBetween;
  }
  if (turn->second <= now) return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(turn->second - now);
}

void ProgressBudget::used(const kube::ObjectKey& job, base::MonoTime now) {
  std::lock_guard lock(mutex_);
  turns_.erase(job);
  free_from_ = std::max(free_from_, now + kBetween);
  shorten_line();
}

void ProgressBudget::forget(const kube::ObjectKey& job) {
  std::lock_guard lock(mutex_);
  turns_.erase(job);
  shorten_line();
}

void ProgressBudget::shorten_line() {
  if (turns_.empty()) next_ = free_from_;
}

size_t ProgressBudget::waiting() const {
  std::lock_guard lock(mutex_);
  return turns_.size();
}

}  // namespace cresset::controllers::training_job
