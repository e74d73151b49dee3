#pragma once
// ProgressBudget: of all jobs together one write of plain progress in kBetween, so that ten
// thousand running jobs cost the API server no more than a hundred do; the jobs take turns in the
// order in which they asked, so that each one's interval stretches alike. Transitions are not its
// business. In memory only: a new leader starts with an empty line. Any thread.
//
//   if (auto left = budget.wait(job, clock.mono())) return Outcome{left};
//   …write…; budget.used(job, clock.mono());

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
  // A turn that was not used for so long is lost: after an API server was away, all have one.
  static constexpr std::chrono::seconds kTurnLasts{10};

  // How long until it is this job's turn, which it keeps when it asks again; nothing: it is now.
  std::optional<std::chrono::milliseconds> wait(const kube::ObjectKey& job, base::MonoTime now);
  // The job wrote its progress in its turn.
  void used(const kube::ObjectKey& job, base::MonoTime now);
  // The job has nothing to write any more: it is gone, or a transition said it all.
  void forget(const kube::ObjectKey& job);
  size_t waiting() const;

 private:
  void shorten_line();  // with the lock held

  mutable std::mutex mutex_;
  base::MonoTime free_from_;  // when the next turn may be, as far as writes that were made go
  base::MonoTime next_;       // when the line's end has its turn
  std::map<kube::ObjectKey, base::MonoTime> turns_;
};

}  // namespace cresset::controllers::training_job
