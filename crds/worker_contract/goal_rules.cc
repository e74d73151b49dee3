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

bool is_packed(const PreprocessStep& step) {
  const auto* tokenize = std::get_if<TokenizeStep>(&step);
  return tokenize != nullptr && tokenize->packed;
}

// Of texts that become tokens, the next ones are learnt; "": it may be that goal.
Result<void> check_label(const TrainingSpec& spec, const std::string& goal,
                         const std::string& path) {
  const auto& steps = spec.preprocess;
  const bool next_of_texts =
      std::any_of(steps.begin(), steps.end(),
                  [](const auto& step) { return std::holds_alternative<TokenizeStep>(step); }) &&
      (goal.empty() || goal == kNextToken);
  const auto& data = spec.data;
  if (data.label.empty() && data.labels.empty() && !next_of_texts)
    return base::fail(base::invalid(path +
                                    ".data.label is required, or labels with the goals MultiLabel "
                                    "and Regression; found neither"));
  if (!data.label.empty() && next_of_texts && !goal.empty())
    return base::fail(base::invalid(path +
                                    ".data.label does not go with tokenize and the goal NextToken, "
                                    "which learns the tokens of the texts themselves; found \"" +
                                    data.label + "\""));
  return {};
}

Result<void> check_packing(const TrainingSpec& spec, const std::string& goal,
                           const std::string& path) {
  const auto packed = std::find_if(spec.preprocess.begin(), spec.preprocess.end(), is_packed);
  if (packed == spec.preprocess.end()) return {};
  const std::string field = path + ".preprocess[" +
                            std::to_string(packed - spec.preprocess.begin()) + "].tokenize.samples";
  if (!goal.empty() && goal != kNextToken)
    return base::fail(
        base::invalid(field + ": Packed goes with the goal NextToken only, found goal " + goal));
  if (spec.data.streaming.shuffle_window > 0)
    return base::fail(base::invalid(field + ": Packed does not go with " + path +
                                    ".data.streaming, whose rows are never held all at once; "
                                    "allowed is one of them"));
  return {};
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
  CRESSET_CHECK(check_label(spec, goal, path));
  CRESSET_CHECK(check_columns(spec.data, goal, path));
  CRESSET_CHECK(check_packing(spec, goal, path));
  CRESSET_CHECK(check_loss(spec, goal, path));
  return check_metric(spec.early_stopping, goal, path);
}

}  // namespace cresset::worker_contract
