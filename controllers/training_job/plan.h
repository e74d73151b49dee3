#pragma once
// plan(): everything that one look at a TrainingJob wants changed. Pure and total: time is an
// argument, a bad spec becomes a condition, and of a job that spec.managedBy gives to another
// controller nothing is wanted, whatever it says. The order of the policies is the order of the
// calls in plan.cc. Where it wants the kept template, it is to be called again with that
// (Observed).

#include "controllers/common/plan.h"
#include "controllers/training_job/observe.h"
#include "controllers/training_job/pods.h"

namespace cresset::controllers::training_job {

Plan plan(const crds::TrainingJob& job, const Observed& observed, const PodSettings& settings,
          base::WallTime now);

}  // namespace cresset::controllers::training_job
