#include "worker/model/card.h"

#include <gmock/gmock.h>

namespace cresset::model {
namespace {

using testing::HasSubstr;

ModelCard sample() {
  ModelCard card;
  card.architecture = {.architecture = "mlp", .hidden = {16, 8}, .dropout = 0.1};
  card.preprocessing = Preprocessing::bind({}, {"x", "y"}, "").value();
  card.classes = {.integers = false, .numbers = {}, .texts = {"left", "right"}};
  card.origin = {.uri = "s3://models/1", .digest = "sha256:11", .new_head = "4"};
  card.metrics = {{"accuracy", 0.97}};
  card.data_uri = "file:///points.csv";
  card.data_digest = "sha256:00";
  card.bad_rows = 3;
  card.job_uid = "u1";
  card.steps = 200;
  return card;
}

TEST(ModelCard, IsTheSameAfterBeingStored) {
  const auto card = sample();
  const auto again = decode_model_card(base::parse_json(encode(card).dump()).value());
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->architecture, card.architecture);
  EXPECT_EQ(again->preprocessing.columns(), card.preprocessing.columns());
  EXPECT_EQ(again->classes, card.classes);
  EXPECT_EQ(again->origin, card.origin);
  EXPECT_EQ(again->metrics, card.metrics);
  EXPECT_EQ(again->data_digest, card.data_digest);
  EXPECT_EQ(again->bad_rows, 3);
  EXPECT_EQ(again->job_uid, "u1");
  EXPECT_EQ(again->steps, 200);
}

TEST(ModelCard, OfRandomWeightsSaysNothingOfAnOrigin) {
  auto card = sample();
  card.origin = {};
  EXPECT_FALSE(encode(card).contains("startedFrom"));
  EXPECT_EQ(decode_model_card(encode(card))->origin, Origin{});
}

TEST(ModelCard, ItsSignatureTakesRawColumnsAndGivesProbabilitiesAndLabel) {
  const auto signature = sample().signature();
  EXPECT_EQ(signature.inputs, (std::vector<TensorInfo>{{"input", Datatype::kFp32, {-1, 2}}}));
  EXPECT_EQ(signature.outputs, (std::vector<TensorInfo>{{"probabilities", Datatype::kFp32, {-1, 2}},
                                                        {"label", Datatype::kInt64, {-1}}}));
}

ModelCard of_numbers() {
  auto card = sample();
  card.goal = "Regression";
  card.classes = {};
  card.targets = {{.name = "price", .mean = 1e9, .deviation = 0.25}, {.name = "age"}};
  return card;
}

TEST(ModelCard, OfNumbersKeepsTheirColumnsAndGivesValues) {
  const auto again = decode_model_card(base::parse_json(encode(of_numbers()).dump()).value());
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->goal, "Regression");
  EXPECT_EQ(again->targets, of_numbers().targets);
  EXPECT_EQ(again->signature().outputs,
            (std::vector<TensorInfo>{{"value", Datatype::kFp32, {-1, 2}}}));
}

TEST(ModelCard, OfLabelsThatHoldOrDoNotGivesAProbabilityOfEach) {
  auto card = of_numbers();
  card.goal = "MultiLabel";
  card.targets = {{.name = "red"}, {.name = "blue"}, {.name = "green"}};
  const auto again = decode_model_card(encode(card));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->targets, card.targets);
  EXPECT_EQ(again->signature().outputs,
            (std::vector<TensorInfo>{{"probabilities", Datatype::kFp32, {-1, 3}}}));
}

TEST(ModelCard, OfAModelFromBeforeThereWereGoalsIsOneOfClasses) {
  const auto old = encode(sample());
  EXPECT_FALSE(old.contains("goal"));
  EXPECT_EQ(decode_model_card(old)->goal, "");
  EXPECT_EQ(decode_model_card(old)->outputs(), 2);
}

TEST(ModelCard, AWrongTargetIsNamed) {
  const auto why = [](base::Json change) {
    auto json = encode(of_numbers());
    json.merge_patch(std::move(change));
    const auto card = decode_model_card(json);
    return card ? std::string("no error") : card.error().message();
  };
  EXPECT_THAT(why({{"goal", "Ranking"}}), HasSubstr("model.json.goal"));
  EXPECT_THAT(why({{"targets", nullptr}}), HasSubstr("model.json.targets is required"));
  EXPECT_THAT(why({{"targets", base::Json::array()}}), HasSubstr("model.json.targets is empty"));
  EXPECT_THAT(why({{"targets", {{{"name", "a"}, {"mean", 0}, {"deviation", 0}}}}}),
              HasSubstr("model.json.targets[0].deviation must be above 0"));
  EXPECT_THAT(why({{"targets", {{{"mean", 0}, {"deviation", 1}}}}}),
              HasSubstr("model.json.targets[0].name is required"));
}

TEST(ModelCard, WithTextsEachColumnIsAnInput) {
  auto card = sample();
  const auto steps = base::parse_json(
      R"({"steps": [{"oneHot": {"columns": ["x"], "categories": [["a", "b"]]}},
                    {"hash": {"columns": ["z"], "buckets": 4}}]})");
  card.preprocessing = Preprocessing::decode(*steps, {"x", "y", "z"}).value();
  EXPECT_EQ(card.signature().inputs, (std::vector<TensorInfo>{{"x", Datatype::kBytes, {-1}},
                                                              {"y", Datatype::kFp32, {-1}},
                                                              {"z", Datatype::kBytes, {-1}}}));
  const auto again = decode_model_card(base::parse_json(encode(card).dump()).value());
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->signature().inputs, card.signature().inputs);
}

TEST(ModelCard, EachWrongFieldIsNamed) {
  const auto why = [](const char* key, const base::Json& value) {
    auto json = encode(sample());
    if (value.is_null())
      json.erase(key);
    else
      json[key] = value;
    const auto card = decode_model_card(json);
    return card ? std::string("no error") : card.error().message();
  };
  EXPECT_THAT(why("version", 2), HasSubstr("model.json.version"));
  EXPECT_THAT(why("columns", nullptr), HasSubstr("model.json.columns"));
  EXPECT_THAT(why("columns", base::Json::array()), HasSubstr("model.json.columns"));
  EXPECT_THAT(why("classes", {2, 1}), HasSubstr("model.json.classes"));
  EXPECT_THAT(why("model", {{"architecture", "magic"}}),
              AllOf(HasSubstr("architecture"), HasSubstr("mlp")));
  EXPECT_THAT(why("preprocessing", 3), HasSubstr("model.json.preprocessing"));
}

}  // namespace
}  // namespace cresset::model
