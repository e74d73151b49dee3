#pragma once
// Which parameter is learnt how fast: the spec's globs over the names of a network. Pure.
//
//   CRESSET_TRY(scales, learning_rate_scales(network->names(), rates));
//   step of parameter i: optimizer's rate × scales[i]

#include <string>
#include <vector>

#include "crds/worker_contract/learning_rates.h"
#include "operator/base/result.h"

namespace cresset::model {

// One for each name: the scale of the first glob that matches it, else 1. An error names the field
// of a glob that matches nothing, and the parameters that there are, or of one all of whose matches
// earlier ones have.
base::Result<std::vector<double>> learning_rate_scales(
    const std::vector<std::string>& names, const std::vector<worker_contract::LearningRate>& rates);

}  // namespace cresset::model
