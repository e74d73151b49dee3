#pragma once
// ProgressBudget: of all jobs together one write of plain progress in kBetween, so that ten
// thousand running jobs cost the API server no more than a hundred do; the jobs take turns in the
// order in which they asked, so that each one's interval stretches alike. Transitions are not its
// business. In memory only: a new leader starts with an empty line. Any thread.
//
//   if (auto left = budget.wait(job, clock.mono())) return Outcome{left};  // write then
//   …write…

#include <chrono>
#include <map>
#include <mutex>
#include <optional>

#include "operator/base/clock.h"
#include "operator/kube/core/object.h"

namespace cresset::controllers::training_job {

class ProgressBudget {
 public:
  static constexpr std::chrono::milliseconds kBetween{100};

  // How long until it is this job's turn, which it keeps when it asks again; nothing: it is its
  // turn now, and the turn is used.
  std::optional<std::chrono::milliseconds> wait(const kube::ObjectKey& job, base::MonoTime now);
  // When the job is gone.
  void forget(const kube::ObjectKey& job);
  size_t waiting() const;

 private:
  mutable std::mutex mutex_;
  base::MonoTime next_;  // when the line's end has its turn
  std::map<kube::ObjectKey, base::MonoTime> turns_;
};

}  // namespace cresset::controllers::training_job
