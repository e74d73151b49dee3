#include "controllers/training_job/deadline.h"

namespace cresset::controllers::training_job {

std::optional<std::chrono::milliseconds> until_deadline(const crds::TrainingJob& job,
                                                        base::MaybeTime started,
                                                        base::WallTime now) {
  if (!job.active_deadline_seconds || !started) return std::nullopt;
  return *started + std::chrono::seconds(*job.active_deadline_seconds) - now;
}

std::optional<std::chrono::milliseconds> until_removal(const crds::TrainingJob& job,
                                                       base::WallTime now) {
  if (!job.ttl_seconds_after_finished || !job.status.completion_time) return std::nullopt;
  return *job.status.completion_time + std::chrono::seconds(*job.ttl_seconds_after_finished) - now;
}

}  // namespace cresset::controllers::training_job
