#pragma once
// spec.training.goal: what a model is to answer, and so which loss is made small and which metrics
// validation tells. Pure values; part of training_spec.h. What else of a spec goes with which goal
// is goal_rules.h.

#include <span>
#include <string>
#include <string_view>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::worker_contract {

inline constexpr std::string_view kClassification = "Classification";
inline constexpr std::string_view kMultiLabel = "MultiLabel";
inline constexpr std::string_view kRegression = "Regression";
inline constexpr std::string_view kNextToken = "NextToken";

struct GoalSpec {
  std::string name;  // one of the above; "" = what the architecture is made for (goal_rules.h)
  std::string loss = "MeanSquared";  // of Regression: MeanSquared | MeanAbsolute | Huber
  double delta = 1;                  // of Huber: from where on errors count by their size alone
  bool operator==(const GoalSpec&) const = default;
};

std::span<const std::string_view> goal_names();
// Names of what validation tells with a goal, as in a job's status; "": with any.
std::span<const std::string_view> metrics_of(std::string_view goal);
// Whether more of a metric is better.
bool is_better_when_higher(std::string_view metric);

base::Result<GoalSpec> decode_goal(const base::Json& json, const std::string& path);
base::Json encode(const GoalSpec& goal);  // of one with a name

}  // namespace cresset::worker_contract
