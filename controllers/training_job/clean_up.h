#pragma once
// spec.cleanUpPolicy: which pods of a job that is over are deleted. Running, which is what is done
// unless it says otherwise: those that have not ended, since there is nothing left to do for them;
// the others stay for their logs until the job goes. None: no pod; they are told that the job is
// over, and end by themselves. All: every pod, once the end is in the status. Pure.

#include <vector>

#include "controllers/training_job/group.h"

namespace cresset::controllers::training_job {

// Those that are not being deleted yet.
std::vector<PodPtr> pods_to_clean_up(const crds::TrainingJob& job, const Observed& observed,
                                     const Group& group);

}  // namespace cresset::controllers::training_job
