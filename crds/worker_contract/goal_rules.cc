#include "crds/worker_contract/goal_rules.h"

#include <algorithm>

namespace cresset::worker_contract {

using base::Result;

namespace {

constexpr char kTokenPredictor[] = "gpt";

Result<void> check_architecture(const std::string& goal, const std::string& architecture,
                                const std::string& path) {
  if (architecture.empty() || (goal == kNextToken) == (architecture == kTokenPredictor)) return {};
  const std::string allowed =
      architecture == kTokenPredictor ? "NextToken" : "Classification, MultiLabel or Regression";
  return base::fail(base::invalid(path + ".goal.name must be " + allowed +
                                  " with the architecture " + architecture + ", found " + goal));
}

Result<void> check_columns(const DataSpec& data, const std::string& goal, const std::string& path) {
  if (goal == kMultiLabel && data.labels.empty())
    return base::fail(base::invalid(path + ".data.labels is required with goal MultiLabel, found " +
                                    path + ".data.label"));
  if (!data.labels.empty() && goal != kMultiLabel && goal != kRegression)
    return base::fail(base::invalid(path +
                                    ".data.labels goes with the goals MultiLabel and "
                                    "Regression only, found goal " +
                                    (goal.empty() ? "none" : goal)));
  return {};
}

Result<void> check_loss(const TrainingSpec& spec, const std::string& goal,
                        const std::string& path) {
  if (spec.label_smoothing > 0 && (goal == kMultiLabel || goal == kRegression))
    return base::fail(base::invalid(path +
                                    ".labelSmoothing goes with the goals Classification and "
                                    "NextToken only, found goal " +
                                    goal));
  if (!spec.class_weights.strategy.empty() && (goal == kNextToken || goal == kRegression))
    return base::fail(base::invalid(path +
                                    ".classWeights goes with the goals Classification and "
                                    "MultiLabel only, found goal " +
                                    goal));
  return {};
}

Result<void> check_metric(const EarlyStoppingSpec& stopping, const std::string& goal,
                          const std::string& path) {
  const auto told = metrics_of(goal);
  if (std::find(told.begin(), told.end(), stopping.metric) != told.end()) return {};
  std::string names;
  for (const auto name : told) names += (names.empty() ? "" : ", ") + std::string(name);
  return base::fail(base::invalid(path + ".earlyStopping.metric must be one of " + names +
                                  " with goal " + goal + ", found \"" + stopping.metric + "\""));
}

}  // namespace

std::string goal_of(const TrainingSpec& spec, const std::string& architecture) {
  if (!spec.goal.name.empty() || architecture.empty()) return spec.goal.name;
  return std::string(architecture == kTokenPredictor ? kNextToken : kClassification);
}

Result<void> check_goal(const TrainingSpec& spec, const std::string& architecture,
                        const std::string& path) {
  const std::string goal = goal_of(spec, architecture);
  CRESSET_CHECK(check_architecture(goal, architecture, path));
  CRESSET_CHECK(check_columns(spec.data, goal, path));
  CRESSET_CHECK(check_loss(spec, goal, path));
  return check_metric(spec.early_stopping, goal, path);
}

}  // namespace cresset::worker_contract
