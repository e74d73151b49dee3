#pragma once
// The loss of a job, by its goal and what the training rows are: the labels say whether it is one
// of classes, of labels that hold or do not, or of numbers. A function.

#include <memory>

#include "crds/worker_contract/training_spec.h"
#include "operator/base/result.h"
#include "worker/data/table.h"
#include "worker/train/loss.h"

namespace cresset::train {

// Labels that are classes or tokens are codes already. An error names the weight of a class or
// label that there is not.
base::Result<std::unique_ptr<Loss>> make_loss(const worker_contract::TrainingSpec& spec,
                                              const data::Table& train);

}  // namespace cresset::train
