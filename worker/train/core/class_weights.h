#pragma once
// What each class weighs in the loss, or each label where it holds, from the spec and the training
// rows. Pure.

#include <cstdint>
#include <string>
#include <vector>

#include "crds/worker_contract/class_weights_spec.h"

namespace cresset::train {

// By the classes' codes, from their names and numbers of rows; none: each counts the same. Balanced
// is rows / (classes × rows of the class), as scikit-learn's "balanced". A listed class that there
// is not is an error that names its field and those there are.
base::Result<std::vector<double>> class_weights(const worker_contract::ClassWeightsSpec& spec,
                                                const std::vector<std::string>& names,
                                                const std::vector<int64_t>& rows);

// The same of labels each of which holds in some of all `rows`. Balanced is rows without a label /
// rows with it, as PyTorch's page on BCEWithLogitsLoss has pos_weight; 1 where all rows are of one
// kind.
base::Result<std::vector<double>> label_weights(const worker_contract::ClassWeightsSpec& spec,
                                                const std::vector<std::string>& names,
                                                const std::vector<int64_t>& holding, int64_t rows);

}  // namespace cresset::train
