#pragma once
// The loss of a job, by its goal and what the training rows are: the labels say whether it is one
// of classes, of labels that hold or do not, or of numbers. `some_places`: of networks that answer
// for each place of a row, those without a target (next_token.h) are left out. A function.

#include <memory>

#include "crds/worker_contract/training_spec.h"
#include "operator/base/result.h"
#include "worker/train/label_totals.h"
#include "worker/train/loss.h"

namespace cresset::train {

// An error names the weight of a class or label that there is not.
base::Result<std::unique_ptr<Loss>> make_loss(const worker_contract::TrainingSpec& spec,
                                              const LabelTotals& totals, bool some_places);

}  // namespace cresset::train
