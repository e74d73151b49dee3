#pragma once
// The job's clocks: activeDeadlineSeconds fails a job that runs too long, ttlSecondsAfterFinished
// removes one that is over. Pure.

#include <chrono>
#include <optional>

#include "crds/training_job.h"

namespace cresset::controllers::training_job {

// Zero or less: reached. Nothing: no such limit, or its clock has not started.
std::optional<std::chrono::milliseconds> until_deadline(const crds::TrainingJob& job,
                                                        base::MaybeTime started,
                                                        base::WallTime now);
std::optional<std::chrono::milliseconds> until_removal(const crds::TrainingJob& job,
                                                       base::WallTime now);

}  // namespace cresset::controllers::training_job
