#include "worker/train/core/class_weights.h"

#include <algorithm>
#include <numeric>

namespace cresset::train {

namespace {

constexpr char kField[] = "spec.training.classWeights.weights";
constexpr size_t kNamed = 20;

struct Words {
  const char* one;
  const char* all;
};

base::Error no_such_class(const std::string& at, const std::string& name,
                          const std::vector<std::string>& names, const Words& words) {
  std::string known;
  for (size_t i = 0; i < std::min(names.size(), kNamed); ++i)
    known += (i > 0 ? ", " : "") + names[i];
  if (names.size() > kNamed) known += ", …";
  return base::invalid(at + ".class: \"" + name + "\" is no " + words.one + "; the " + words.all +
                       " are " + known);
}

// 1 of what is not listed. `words`: what `names` are.
base::Result<std::vector<double>> listed(const worker_contract::ClassWeightsSpec& spec,
                                         const std::vector<std::string>& names,
                                         const Words& words) {
  std::vector<double> weights(names.size(), 1);
  for (size_t i = 0; i < spec.weights.size(); ++i) {
    const auto& [name, weight] = spec.weights[i];
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
      return base::fail(
          no_such_class(kField + ("[" + std::to_string(i) + "]"), name, names, words));
    weights[static_cast<size_t>(found - names.begin())] = weight;
  }
  return weights;
}

}  // namespace

base::Result<std::vector<double>> class_weights(const worker_contract::ClassWeightsSpec& spec,
                                                const std::vector<std::string>& names,
                                                const std::vector<int64_t>& rows) {
  if (spec.strategy.empty()) return std::vector<double>();
  if (spec.strategy != "Balanced")
    return listed(spec, names, {"class of the training rows", "classes"});
  std::vector<double> weights(names.size(), 1);
  const auto all = static_cast<double>(std::accumulate(rows.begin(), rows.end(), int64_t{0}));
  for (size_t i = 0; i < names.size(); ++i)
    if (rows[i] > 0)
      weights[i] = all / (static_cast<double>(names.size()) * static_cast<double>(rows[i]));
  return weights;
}

base::Result<std::vector<double>> label_weights(const worker_contract::ClassWeightsSpec& spec,
                                                const std::vector<std::string>& names,
                                                const std::vector<int64_t>& holding, int64_t rows) {
  if (spec.strategy.empty()) return std::vector<double>();
  if (spec.strategy != "Balanced") return listed(spec, names, {"label column", "label columns"});
  std::vector<double> weights(names.size(), 1);
  for (size_t i = 0; i < names.size(); ++i)
    if (holding[i] > 0 && holding[i] < rows)
      weights[i] = static_cast<double>(rows - holding[i]) / static_cast<double>(holding[i]);
  return weights;
}

}  // namespace cresset::train
