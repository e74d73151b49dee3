#pragma once
// What of spec.training goes with which goal: the architecture, the columns that are predicted, and
// what the loss and early stopping are told. Checked when a spec is read, and once more by the
// worker for an architecture that only the model at spec.training.model.uri tells. The same rules
// stand as CEL in helm/cresset/schemas/training_job.yaml. Pure.

#include <string>

#include "crds/worker_contract/training_spec.h"
#include "operator/base/result.h"

namespace cresset::worker_contract {

// The goal that counts: that of the spec; without one NextToken for gpt, Classification for any
// other architecture, and "" when the architecture is not known yet ("").
std::string goal_of(const TrainingSpec& spec, const std::string& architecture);

// An error names the field below `path`, what was found and what is allowed.
base::Result<void> check_goal(const TrainingSpec& spec, const std::string& architecture,
                              const std::string& path);

}  // namespace cresset::worker_contract
