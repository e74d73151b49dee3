#pragma once
// spec.training.classWeights: how much an error counts by the class that was right. Pure values;
// part of training_spec.h. The weights themselves are worker/train/core/class_weights.h.

#include <string>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::worker_contract {

struct ClassWeight {
  std::string name;  // the class as it stands in the table: "left", "7"
  double weight = 1;
  bool operator==(const ClassWeight&) const = default;
};

struct ClassWeightsSpec {
  std::string strategy;              // "" = each counts the same | Balanced | Listed
  std::vector<ClassWeight> weights;  // Listed, by name; what is not listed weighs 1
  bool operator==(const ClassWeightsSpec&) const = default;
};

base::Result<ClassWeightsSpec> decode_class_weights(const base::Json& json,
                                                    const std::string& path);
base::Json encode(const ClassWeightsSpec& spec);  // of one with a strategy

}  // namespace cresset::worker_contract
