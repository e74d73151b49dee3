#include "crds/worker_contract/goal_rules.h"

#include <gmock/gmock.h>

namespace cresset::worker_contract::goal_rules_test {
namespace {

using base::Json;

// A spec of a goal ("": none is given) with a part of its own.
Json spec_of(const std::string& goal, Json part) {
  Json spec{
      {"data", {{"train", {{"uri", "s3://data/a.csv"}}}, {"validation", {{"fraction", 0.1}}}}}};
  if (!goal.empty()) spec["goal"] = {{"name", goal}};
  if (goal == "NextToken") spec["model"] = {{"architecture", "gpt"}};
  if (goal == "MultiLabel")
    spec["data"]["labels"] = {"is_*"};
  else
    spec["data"]["label"] = "y";
  spec.merge_patch(std::move(part));
  return spec;
}

std::string error_of(const std::string& goal, Json part) {
  const auto decoded = decode_training(spec_of(goal, std::move(part)), "t");
  return decoded ? "" : decoded.error().message();
}

TEST(GoalRules, WithoutAGoalGptPredictsTokensAndAnyOtherNetworkClasses) {
  TrainingSpec spec;
  EXPECT_EQ(goal_of(spec, "gpt"), "NextToken");
  EXPECT_EQ(goal_of(spec, "mlp"), "Classification");
  EXPECT_EQ(goal_of(spec, ""), "");
  spec.goal.name = "Regression";
  EXPECT_EQ(goal_of(spec, ""), "Regression");
}

TEST(GoalRules, WhatGoesWithAGoalIsTaken) {
  EXPECT_EQ(error_of("Classification", {{"classWeights", {{"strategy", "Balanced"}}}}), "");
  EXPECT_EQ(error_of("MultiLabel", {{"classWeights", {{"strategy", "Balanced"}}},
                                    {"earlyStopping", {{"metric", "microF1"}}}}),
            "");
  EXPECT_EQ(error_of("Regression", {{"earlyStopping", {{"metric", "r2"}}}}), "");
  EXPECT_EQ(error_of("Regression", {{"data", {{"label", nullptr}, {"labels", {"y*"}}}}}), "");
  EXPECT_EQ(error_of("NextToken",
                     {{"labelSmoothing", 0.1}, {"earlyStopping", {{"metric", "perplexity"}}}}),
            "");
}

TEST(GoalRules, AWrongPairOfGoalAndArchitectureIsNamed) {
  EXPECT_EQ(error_of("Regression", {{"model", {{"architecture", "gpt"}}}}),
            "t.goal.name must be NextToken with the architecture gpt, found Regression");
  EXPECT_EQ(error_of("NextToken", {{"model", {{"architecture", "mlp"}}}}),
            "t.goal.name must be Classification, MultiLabel or Regression with the architecture "
            "mlp, found NextToken");
  EXPECT_EQ(error_of("NextToken", {{"model", nullptr}}),
            "t.goal.name must be Classification, MultiLabel or Regression with the architecture "
            "mlp, found NextToken");
}

TEST(GoalRules, OfAModelAtAUriThePairIsSeenOnceItsArchitectureIsKnown) {
  const auto spec =
      decode_training(spec_of("Regression", {{"model", {{"uri", "s3://models/gpt/1"}}}}), "t");
  ASSERT_TRUE(spec) << spec.error().message();
  EXPECT_TRUE(check_goal(*spec, "mlp", "t"));
  EXPECT_FALSE(check_goal(*spec, "gpt", "t"));
}

TEST(GoalRules, ColumnsThatAGoalDoesNotPredictAreNamed) {
  EXPECT_EQ(error_of("MultiLabel", {{"data", {{"labels", nullptr}, {"label", "y"}}}}),
            "t.data.labels is required with goal MultiLabel, found t.data.label");
  EXPECT_EQ(error_of("Classification", {{"data", {{"label", nullptr}, {"labels", {"y"}}}}}),
            "t.data.labels goes with the goals MultiLabel and Regression only, found goal "
            "Classification");
  EXPECT_EQ(error_of("Regression", {{"data", {{"labels", {"y"}}}}}),
            "t.data needs one of label and labels, found both");
  EXPECT_EQ(error_of("Regression", {{"data", {{"label", nullptr}, {"labels", Json::array()}}}}),
            "t.data.labels must have at least 1 item, found none");
}

Json tokenize(const char* vocabulary, Json more = Json::object()) {
  Json step{{"columns", {"text"}}, {"vocabulary", {{"uri", vocabulary}}}, {"maxLength", 64}};
  step.update(more);
  return {{"preprocess", {{{"tokenize", step}}}}};
}

TEST(GoalRules, TheNextTokensOfTextsHaveNoLabel) {
  const auto of_texts = [](const std::string& goal, Json data, Json more = Json::object()) {
    Json part = tokenize("s3://models/tokenizer.json", std::move(more));
    part["data"] = std::move(data);
    return error_of(goal, std::move(part));
  };
  EXPECT_EQ(of_texts("NextToken", {{"label", nullptr}}), "");
  EXPECT_EQ(
      of_texts("NextToken", Json::object()),
      R"(t.data.label does not go with tokenize and the goal NextToken, which learns the tokens of the texts themselves; found "y")");
  EXPECT_THAT(of_texts("Classification", {{"label", nullptr}}),
              testing::StartsWith("t.data.label is required, or labels"));
  EXPECT_THAT(error_of("NextToken", {{"data", {{"label", nullptr}}}}),
              testing::StartsWith("t.data.label is required, or labels"));
}

TEST(GoalRules, OfAModelAtAUriWhetherThereIsALabelIsSeenOnceItsArchitectureIsKnown) {
  Json part = tokenize("s3://models/tokenizer.json");
  part["data"] = {{"label", nullptr}};
  part["model"] = {{"uri", "s3://models/gpt/1"}};
  const auto spec = decode_training(spec_of("", std::move(part)), "t");
  ASSERT_TRUE(spec) << spec.error().message();
  EXPECT_TRUE(check_goal(*spec, "gpt", "t"));
  EXPECT_FALSE(check_goal(*spec, "transformer", "t"));
}

TEST(GoalRules, TextsAreJoinedForTheGoalNextTokenWithoutStreaming) {
  const auto packed = [](const std::string& goal, Json data) {
    Json part = tokenize("s3://models/tokenizer.json", {{"samples", "Packed"}});
    part["data"] = std::move(data);
    return error_of(goal, std::move(part));
  };
  EXPECT_EQ(packed("NextToken", {{"label", nullptr}}), "");
  EXPECT_EQ(packed("Classification", Json::object()),
            "t.preprocess[0].tokenize.samples: Packed goes with the goal NextToken only, found "
            "goal Classification");
  EXPECT_EQ(
      packed("NextToken",
             {{"label", nullptr}, {"validation", nullptr}, {"streaming", {{"shuffleWindow", 8}}}}),
      "t.preprocess[0].tokenize.samples: Packed does not go with t.data.streaming, whose "
      "rows are never held all at once; allowed is one of them");
}

TEST(GoalRules, WhatALossDoesNotKnowIsNamed) {
  for (const char* goal : {"MultiLabel", "Regression"})
    EXPECT_EQ(error_of(goal, {{"labelSmoothing", 0.1}}),
              std::string("t.labelSmoothing goes with the goals Classification and NextToken only, "
                          "found goal ") +
                  goal);
  for (const char* goal : {"NextToken", "Regression"})
    EXPECT_EQ(error_of(goal, {{"classWeights", {{"strategy", "Balanced"}}}}),
              std::string("t.classWeights goes with the goals Classification and MultiLabel only, "
                          "found goal ") +
                  goal);
}

TEST(GoalRules, AMetricOfAnotherGoalIsNamedWithThoseThatThereAre) {
  EXPECT_EQ(error_of("Regression", {{"earlyStopping", {{"metric", "auc"}}}}),
            "t.earlyStopping.metric must be one of loss, rmse, mae, r2 with goal Regression, found "
            "\"auc\"");
  EXPECT_EQ(error_of("", {{"earlyStopping", {{"metric", "rmse"}}}}),
            "t.earlyStopping.metric must be one of loss, logLoss, accuracy, macroF1, auc with goal "
            "Classification, found \"rmse\"");
  EXPECT_EQ(
      error_of("", {{"model", {{"architecture", "gpt"}}}, {"earlyStopping", {{"metric", "auc"}}}}),
      "t.earlyStopping.metric must be one of loss, logLoss, accuracy, perplexity with goal "
      "NextToken, found \"auc\"");
}

}  // namespace
}  // namespace cresset::worker_contract::goal_rules_test
