#include "crds/worker_contract/goal_spec.h"

#include <gmock/gmock.h>

namespace cresset::worker_contract::goal_spec_test {
namespace {

using base::Json;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

std::string error_of(const Json& json) {
  const auto goal = decode_goal(json, "t.goal");
  return goal ? "" : goal.error().message();
}

TEST(GoalSpec, IsTheSameAfterBeingWritten) {
  for (const Json& json :
       {Json{{"name", "Classification"}}, Json{{"name", "MultiLabel"}}, Json{{"name", "NextToken"}},
        Json{{"name", "Regression"}}, Json{{"name", "Regression"}, {"loss", "MeanAbsolute"}},
        Json{{"name", "Regression"}, {"loss", "Huber"}, {"delta", 0.5}}}) {
    const auto goal = decode_goal(json, "t.goal");
    ASSERT_TRUE(goal) << goal.error().message();
    EXPECT_EQ(decode_goal(encode(*goal), "t.goal").value(), *goal) << json;
    EXPECT_EQ(goal->name, json["name"]);
  }
  EXPECT_EQ(decode_goal({{"name", "Regression"}}, "t.goal")->loss, "MeanSquared");
  EXPECT_EQ(decode_goal({{"name", "Regression"}, {"loss", "Huber"}}, "t.goal")->delta, 1);
}

TEST(GoalSpec, WhatIsWrongIsNamedWithWhatWasFoundAndWhatIsAllowed) {
  EXPECT_THAT(
      error_of({{"name", "Ranking"}}),
      AllOf(HasSubstr("t.goal.name"), HasSubstr("MultiLabel, Regression"), HasSubstr("Ranking")));
  EXPECT_THAT(error_of(Json::object()), HasSubstr("t.goal.name is required"));
  EXPECT_EQ(error_of({{"name", "MultiLabel"}, {"loss", "Huber"}}),
            "t.goal.loss goes with name Regression only, found name MultiLabel");
  EXPECT_EQ(error_of({{"name", "Regression"}, {"delta", 2}}),
            "t.goal.delta goes with loss Huber only, found loss MeanSquared");
  EXPECT_THAT(error_of({{"name", "Regression"}, {"loss", "Huber"}, {"delta", 0}}),
              AllOf(HasSubstr("t.goal.delta"), HasSubstr("above 0")));
}

TEST(GoalSpec, EachGoalHasMetricsOfItsOwnAndAllOfThemAreKnown) {
  for (const auto goal : goal_names()) {
    EXPECT_THAT(metrics_of(goal), Contains("loss")) << goal;
    for (const auto metric : metrics_of(goal)) EXPECT_THAT(metrics_of(""), Contains(metric));
  }
  EXPECT_THAT(metrics_of(kRegression), AllOf(Contains("rmse"), Not(Contains("accuracy"))));
}

TEST(GoalSpec, MoreIsBetterOfScoresAndLessOfErrors) {
  for (const char* score : {"accuracy", "macroF1", "microF1", "auc", "r2"})
    EXPECT_TRUE(is_better_when_higher(score)) << score;
  for (const char* error : {"loss", "logLoss", "hammingLoss", "rmse", "mae", "perplexity"})
    EXPECT_FALSE(is_better_when_higher(error)) << error;
}

}  // namespace
}  // namespace cresset::worker_contract::goal_spec_test
