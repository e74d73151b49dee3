#include "worker/train/core/class_weights.h"

#include <algorithm>
#include <numeric>

namespace cresset::train {

namespace {

constexpr char kField[] = "spec.training.classWeights.weights";
constexpr size_t kNamed = 20;

base::Error no_such_class(size_t index, const std::string& name,
                          const std::vector<std::string>& names) {
  std::string known;
  for (size_t i = 0; i < std::min(names.size(), kNamed); ++i)
    known += (i > 0 ? ", " : "") + names[i];
  if (names.size() > kNamed) known += ", …";
  const std::string at = "[" + std::to_string(index) + "].class: \"";
  return base::invalid(kField + at + name +
                       "\" is no class of the training rows; the classes are " + known);
}

}  // namespace

base::Result<std::vector<double>> class_weights(const worker_contract::ClassWeightsSpec& spec,
                                                const std::vector<std::string>& names,
                                                const std::vector<int64_t>& rows) {
  std::vector<double> weights;
  if (spec.strategy.empty()) return weights;
  weights.assign(names.size(), 1);
  if (spec.strategy == "Balanced") {
    const auto all = static_cast<double>(std::accumulate(rows.begin(), rows.end(), int64_t{0}));
    for (size_t i = 0; i < names.size(); ++i)
      if (rows[i] > 0)
        weights[i] = all / (static_cast<double>(names.size()) * static_cast<double>(rows[i]));
    return weights;
  }
  for (size_t i = 0; i < spec.weights.size(); ++i) {
    const auto found = std::find(names.begin(), names.end(), spec.weights[i].name);
    if (found == names.end()) return base::fail(no_such_class(i, spec.weights[i].name, names));
    weights[static_cast<size_t>(found - names.begin())] = spec.weights[i].weight;
  }
  return weights;
}

}  // namespace cresset::train
