#include "crds/worker_contract/class_weights_spec.h"

#include <algorithm>
#include <array>

namespace cresset::worker_contract {

using base::Json;
using base::Reader;

namespace {

constexpr std::array<std::string_view, 2> kStrategies{"Balanced", "Listed"};
constexpr size_t kMaxWeights = 1000;

base::Result<ClassWeight> decode_weight(const Json& json, const std::string& path) {
  ClassWeight weight;
  Reader reader(json, path);
  if (auto name = reader.require("class").name("class", 256)) weight.name = *name;
  if (auto value = reader.require("weight").number("weight", {0, 1e6, true}))
    weight.weight = *value;
  CRESSET_CHECK(reader.finish());
  return weight;
}

base::Result<std::vector<ClassWeight>> decode_weights(const Json& list, const std::string& path) {
  std::vector<ClassWeight> weights;
  if (list.empty())
    return base::fail(base::invalid(path + " must have at least 1 item, found none"));
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string at = path + "[" + std::to_string(i) + "]";
    CRESSET_TRY(weight, decode_weight(list[i], at));
    if (std::any_of(weights.begin(), weights.end(),
                    [&](const auto& other) { return other.name == weight.name; }))
      return base::fail(base::invalid(at + ".class \"" + weight.name + "\" is there twice"));
    weights.push_back(std::move(weight));
  }
  std::sort(weights.begin(), weights.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return weights;
}

}  // namespace

base::Result<ClassWeightsSpec> decode_class_weights(const Json& json, const std::string& path) {
  ClassWeightsSpec spec;
  Reader reader(json, path);
  if (auto strategy = reader.require("strategy").one_of("strategy", kStrategies))
    spec.strategy = *strategy;
  if (const Json* list = reader.array("weights", kMaxWeights)) {
    CRESSET_TRY(weights, decode_weights(*list, reader.path_of("weights")));
    spec.weights = std::move(weights);
  }
  if (!spec.strategy.empty() && (spec.strategy == "Listed") != reader.has("weights"))
    reader.add_error(base::invalid(reader.path_of("weights") +
                                   " must be given with strategy Listed, and only then; found "
                                   "strategy " +
                                   spec.strategy));
  CRESSET_CHECK(reader.finish());
  return spec;
}

Json encode(const ClassWeightsSpec& spec) {
  Json json{{"strategy", spec.strategy}};
  if (spec.strategy != "Listed") return json;
  json["weights"] = Json::array();
  for (const auto& [name, weight] : spec.weights)
    json["weights"].push_back({{"class", name}, {"weight", weight}});
  return json;
}

}  // namespace cresset::worker_contract
