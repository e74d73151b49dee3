#pragma once
// The job's clocks: activeDeadlineSeconds fails a job that is not complete in time,
// pendingDeadlineSeconds one whose first round since it was made or resumed does not begin in time,
// ttlSecondsAfterFinished (of a failed one ttlSecondsAfterFailed, if it is given) removes one that
// is over. Pure.

#include <chrono>
#include <optional>

#include "controllers/training_job/failure_policy.h"

namespace cresset::controllers::training_job {

struct DeadlineDecision {
  std::optional<JobFailure> failure;
  std::optional<std::chrono::milliseconds> again_after;  // when there will be one
};

// A group that is whole only now begins its round. The words of the condition Running say what was
// waited for.
DeadlineDecision decide_deadline(const crds::TrainingJob& job,
                                 const crds::TrainingJobStatus& status, const Group& group,
                                 base::WallTime now);
// Zero or less: reached. Nothing: no such limit, or its clock has not started.
std::optional<std::chrono::milliseconds> until_removal(const crds::TrainingJob& job,
                                                       base::WallTime now);

}  // namespace cresset::controllers::training_job
