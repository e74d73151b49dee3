#pragma once
// Closes the group's ports (store and the ranks' own) to everybody but the job's own pods; the
// metrics port stays open. A cluster whose network enforces no policies still has the group's
// secret. Pure.

#include "crds/training_job.h"

namespace cresset::controllers::training_job {

base::Json make_network_policy(const crds::TrainingJob& job);

}  // namespace cresset::controllers::training_job
