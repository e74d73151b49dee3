#include "crds/worker_contract/goal_spec.h"

#include <algorithm>
#include <array>

namespace cresset::worker_contract {

using base::Json;
using base::Reader;

namespace {

using Name = std::string_view;
constexpr std::array<Name, 4> kGoals{kClassification, kMultiLabel, kRegression, kNextToken};
constexpr std::array<Name, 3> kLosses{"MeanSquared", "MeanAbsolute", "Huber"};

constexpr std::array<Name, 5> kOfClasses{"loss", "logLoss", "accuracy", "macroF1", "auc"};
constexpr std::array<Name, 7> kOfLabels{"loss",    "logLoss",     "accuracy", "macroF1",
                                        "microF1", "hammingLoss", "auc"};
constexpr std::array<Name, 4> kOfNumbers{"loss", "rmse", "mae", "r2"};
constexpr std::array<Name, 4> kOfTokens{"loss", "logLoss", "accuracy", "perplexity"};
constexpr std::array<Name, 11> kAll{"loss", "logLoss", "accuracy",    "macroF1",
                                    "auc",  "microF1", "hammingLoss", "rmse",
                                    "mae",  "r2",      "perplexity"};
constexpr std::array<Name, 5> kHigher{"accuracy", "macroF1", "microF1", "auc", "r2"};

}  // namespace

std::span<const std::string_view> goal_names() { return kGoals; }

std::span<const std::string_view> metrics_of(std::string_view goal) {
  if (goal == kClassification) return kOfClasses;
  if (goal == kMultiLabel) return kOfLabels;
  if (goal == kRegression) return kOfNumbers;
  if (goal == kNextToken) return kOfTokens;
  return kAll;
}

bool is_better_when_higher(std::string_view metric) {
  return std::find(kHigher.begin(), kHigher.end(), metric) != kHigher.end();
}

base::Result<GoalSpec> decode_goal(const Json& json, const std::string& path) {
  GoalSpec goal;
  Reader reader(json, path);
  if (auto name = reader.require("name").one_of("name", kGoals)) goal.name = *name;
  const auto goes_with = [&](const char* key, const std::string& wanted, const std::string& found) {
    if (reader.has(key) && found != wanted)
      reader.add_error(
          base::invalid(reader.path_of(key) + " goes with " + wanted + " only, found " + found));
  };
  if (auto loss = reader.one_of("loss", kLosses)) goal.loss = *loss;
  goes_with("loss", "name Regression", "name " + goal.name);
  if (auto delta = reader.number("delta", {0, 1e9, true})) goal.delta = *delta;
  goes_with("delta", "loss Huber", "loss " + goal.loss);
  CRESSET_CHECK(reader.finish());
  return goal;
}

Json encode(const GoalSpec& goal) {
  Json json{{"name", goal.name}};
  if (goal.name != kRegression) return json;
  json["loss"] = goal.loss;
  if (goal.loss == "Huber") json["delta"] = goal.delta;
  return json;
}

}  // namespace cresset::worker_contract
