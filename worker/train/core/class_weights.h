#pragma once
// What each class weighs in the loss, from the spec and the training rows. Balanced is
// rows / (classes × rows of the class), as scikit-learn's "balanced". Pure.

#include <cstdint>
#include <string>
#include <vector>

#include "crds/worker_contract/class_weights_spec.h"

namespace cresset::train {

// By the classes' codes, from their names and numbers of rows; none: each counts the same. A listed
// class that there is not is an error that names its field and those there are.
base::Result<std::vector<double>> class_weights(const worker_contract::ClassWeightsSpec& spec,
                                                const std::vector<std::string>& names,
                                                const std::vector<int64_t>& rows);

}  // namespace cresset::train
