#pragma once
// Learning rates of their own for some parameters (spec.training.model.learningRates): what a scale
// multiplies the optimizer's rate by. Struct and codec, part of training_spec.h; pure.

#include <string>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::worker_contract {

struct LearningRate {
  std::string parameters;  // a glob of their names
  double scale = 1;
  bool operator==(const LearningRate&) const = default;
};

// [{parameters: "layer*", scale: 0.1}]; errors name the field below `path`.
base::Result<std::vector<LearningRate>> decode_learning_rates(const base::Json& list,
                                                              const std::string& path);
base::Json encode(const std::vector<LearningRate>& rates);

}  // namespace cresset::worker_contract
