#include "controllers/training_job/deadline.h"

#include <algorithm>

namespace cresset::controllers::training_job {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

JobFailure never_ran(const crds::TrainingJob& job, const crds::TrainingJobStatus& status) {
  std::string message = "not all workers ran within spec.pendingDeadlineSeconds = " +
                        std::to_string(*job.pending_deadline_seconds);
  const auto* running = kube::find_condition(status.conditions, "Running");
  if (running != nullptr && !running->message.empty()) message += ": " + running->message;
  return {"PendingDeadlineExceeded", std::move(message)};
}

}  // namespace

DeadlineDecision decide_deadline(const crds::TrainingJob& job,
                                 const crds::TrainingJobStatus& status, const Group& group,
                                 base::WallTime now) {
  DeadlineDecision decision;
  const auto passed = [&](int64_t limit) {
    const auto left = std::chrono::ceil<milliseconds>(*status.start_time + seconds(limit) - now);
    if (left.count() <= 0) return true;
    decision.again_after = std::min(decision.again_after.value_or(left), left);
    return false;
  };
  if (!status.start_time) return decision;
  if (job.active_deadline_seconds && passed(*job.active_deadline_seconds)) {
    decision.failure =
        JobFailure{"DeadlineExceeded", "ran longer than spec.activeDeadlineSeconds = " +
                                           std::to_string(*job.active_deadline_seconds)};
    return decision;
  }
  const bool pending = status.members_digest.empty() && !group.all_running(job.workers.count);
  if (pending && job.pending_deadline_seconds && passed(*job.pending_deadline_seconds))
    decision.failure = never_ran(job, status);
  return decision;
}

std::optional<milliseconds> until_removal(const crds::TrainingJob& job, base::WallTime now) {
  const bool failed = kube::is_true(job.status.conditions, "Failed");
  const auto time = failed && job.ttl_seconds_after_failed ? job.ttl_seconds_after_failed
                                                           : job.ttl_seconds_after_finished;
  if (!time || !job.status.completion_time) return std::nullopt;
  return *job.status.completion_time + seconds(*time) - now;
}

}  // namespace cresset::controllers::training_job
