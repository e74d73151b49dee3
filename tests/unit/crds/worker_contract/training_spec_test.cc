#include "crds/worker_contract/training_spec.h"

#include <gmock/gmock.h>

#include "crds/worker_contract/optimizers.h"
#include "tests/unit/crds/worker_contract/training_json.h"

namespace cresset::worker_contract {
namespace {

using base::Json;
using testing::AllOf;
using testing::HasSubstr;

TEST(TrainingSpecTest, EverythingButDataHasADefault) {
  const auto training = decode_training(kSmall, "spec.training");
  ASSERT_TRUE(training) << training.error().message();
  EXPECT_EQ(training->model.architecture, "mlp");
  EXPECT_EQ(training->model.hidden, std::vector<int64_t>{128});
  EXPECT_EQ(training->optimizer.name, "adamw");
  EXPECT_EQ(training->optimizer.learning_rate, 0.001);
  EXPECT_EQ(training->epochs, 10);
  EXPECT_EQ(training->batch_size, 256);
  EXPECT_EQ(training->precision, "fp32");
}

TEST(TrainingSpecTest, ACnnHasDefaultsOfItsOwn) {
  const auto training = decode_training(with("/model", {{"architecture", "cnn"}}), "t");
  ASSERT_TRUE(training);
  EXPECT_EQ(training->model.channels, (std::vector<int64_t>{32, 64}));
  EXPECT_EQ(training->model.kernel, 3);
  EXPECT_EQ(training->model.hidden, std::vector<int64_t>{128});
}

TEST(TrainingSpecTest, EachOptimizerHasPyTorchsDefaults) {
  const auto of = [](const char* name) {
    return decode_training(with("/optimizer", {{"name", name}}), "t")->optimizer;
  };
  EXPECT_EQ(of("sgd").weight_decay, 0);
  EXPECT_EQ(of("sgd").momentum, 0);
  EXPECT_EQ(of("adam").weight_decay, 0);
  EXPECT_EQ(of("adam").epsilon, 1e-8);
  EXPECT_EQ(of("adamw"), OptimizerSpec{});
  EXPECT_EQ(of("adagrad").learning_rate, 0.01);
  EXPECT_EQ(of("adagrad").weight_decay, 0);
  EXPECT_EQ(of("adagrad").epsilon, 1e-10);
  EXPECT_EQ(of("lamb").weight_decay, 0.01);
  EXPECT_EQ(of("lamb").epsilon, 1e-6);
}

TEST(TrainingSpecTest, AnOptimizerOfAnyNameIsTheSameAfterBeingWritten) {
  for (const auto name : optimizer_names()) {
    Json json = with("/optimizer", {{"name", name}, {"learningRate", 0.5}, {"weightDecay", 0.25}});
    if (name == "sgd")
      json["optimizer"].update(Json{{"momentum", 0.5}, {"nesterov", true}});
    else
      json["optimizer"]["epsilon"] = 0.125;
    const auto training = decode_training(json, "t");
    ASSERT_TRUE(training) << training.error().message();
    EXPECT_EQ(*training, *decode_training(encode(*training), "t")) << name;
    EXPECT_EQ(training->optimizer.name, name);
  }
}

TEST(TrainingSpecTest, NetworksOfSequencesAreFourTimesAsWideInsideIfNothingElseIsSaid) {
  const auto training = decode_training(
      with("/model", {{"architecture", "transformer"}, {"parameters", {{"width", 96}}}}), "t");
  ASSERT_TRUE(training);
  EXPECT_EQ(training->model.feed_forward, 384);
  EXPECT_EQ(training->model.layers, 4);
  EXPECT_EQ(training->model.heads, 4);
  EXPECT_EQ(training->model.vocabulary_size, 0);
  EXPECT_EQ(training->model.max_length, 0);
  EXPECT_EQ(training->model.pooling, "Mean");
  const auto gpt = decode_training(with("/model", {{"architecture", "gpt"}}), "t");
  ASSERT_TRUE(gpt);
  EXPECT_EQ(gpt->model.vocabulary_size, 256);
}

TEST(TrainingSpecTest, AModelOfEveryArchitectureDecodesToWhatWasEncoded) {
  for (const Json& model :
       {Json{{"architecture", "linear"}},
        Json{{"architecture", "resnet"},
             {"parameters", {{"depth", 50}, {"width", 32}, {"stem", "Small"}}}},
        Json{{"architecture", "transformer"},
             {"parameters",
              {{"layers", 2},
               {"width", 64},
               {"pooling", "First"},
               {"vocabularySize", 9},
               {"paddingToken", 0}}}},
        Json{{"architecture", "gpt"}, {"parameters", {{"maxLength", 64}, {"dropout", 0.1}}}}}) {
    const auto training = decode_training(with("/model", model), "t");
    ASSERT_TRUE(training) << training.error().message();
    const Json encoded = encode(*training);
    EXPECT_EQ(encoded["model"]["architecture"], model["architecture"]);
    EXPECT_EQ(*decode_training(encoded, "t"), *training);
  }
}

TEST(TrainingSpecTest, ATextIsTakenInLowerCaseIfNothingElseIsSaid) {
  Json json = kSmall;
  json["preprocess"] = {
      {{"tokenize",
        {{"columns", {"a"}}, {"vocabulary", {{"uri", "file:///v.txt"}}}, {"maxLength", 3}}}}};
  const auto training = decode_training(json, "t");
  ASSERT_TRUE(training) << training.error().message();
  EXPECT_EQ(training->preprocess,
            std::vector<PreprocessStep>{TokenizeStep(
                {.columns = {"a"}, .vocabulary_uri = "file:///v.txt", .max_length = 3})});
  EXPECT_EQ(text_columns(training->preprocess), std::vector<std::string>{"a"});
}

TEST(TrainingSpecTest, WhatWordPieceDoesNotHaveIsWrittenOfAByteLevelVocabularyAlone) {
  Json json = kSmall;
  json["preprocess"] = {
      {{"tokenize",
        {{"columns", {"a"}}, {"vocabulary", {{"uri", "file:///v.txt"}}}, {"maxLength", 3}}}}};
  const auto written = [&] { return encode(decode_training(json, "t").value())["preprocess"]; };
  EXPECT_EQ(written()[0]["tokenize"], Json({{"columns", {"a"}},
                                            {"vocabulary", {{"uri", "file:///v.txt"}}},
                                            {"maxLength", 3},
                                            {"lowercase", true}}));
  json["model"] = {{"architecture", "gpt"}};
  json["data"].erase("label");
  json["preprocess"][0]["tokenize"] = {{"columns", {"a"}},
                                       {"vocabulary", {{"uri", "file:///vocab.json"}}},
                                       {"merges", {{"uri", "file:///merges.txt"}}},
                                       {"maxLength", 3},
                                       {"samples", "Packed"}};
  EXPECT_EQ(written(), json["preprocess"]);
}

TEST(TrainingSpecTest, AModelThatStartsFromAnotherHasItsArchitectureUnlessItNamesOne) {
  const auto model = [](const Json& json) {
    const auto training = decode_training(with("/model", json), "t");
    EXPECT_TRUE(training) << training.error().message();
    EXPECT_EQ(*decode_training(encode(*training), "t"), *training);
    return training->model;
  };
  EXPECT_EQ(model({{"uri", "s3://models/1"}}).architecture, "");
  EXPECT_EQ(model({{"uri", "s3://models/1"}}).head, "Auto");
  const auto all = model({{"architecture", "resnet"},
                          {"uri", "s3://models/r.safetensors"},
                          {"head", "New"},
                          {"freeze", {"layer*"}},
                          {"rename", {{{"from", "a."}, {"to", "b."}}, {{"from", "c."}}}},
                          {"learningRates", {{{"parameters", "fc.*"}, {"scale", 2.5}}}}});
  EXPECT_EQ(all.architecture, "resnet");
  EXPECT_EQ(all.head, "New");
  EXPECT_EQ(all.freeze, std::vector<std::string>{"layer*"});
  EXPECT_EQ(all.rename, (std::vector<Rename>{{"a.", "b."}, {"c.", ""}}));
  EXPECT_EQ(all.learning_rates, (std::vector<LearningRate>{{"fc.*", 2.5}}));
  const auto module = model({{"architecture", "torchscript"},
                             {"uri", "s3://models/net.pt"},
                             {"parameters", {{"headLayer", "fc"}}}});
  EXPECT_EQ(module.head_layer, "fc");
}

TEST(TrainingSpecTest, WhatWasEncodedDecodesToTheSameValue) {
  Json json = with("/model", {{"architecture", "cnn"},
                              {"parameters", {{"channels", {16, 32}}, {"hidden", 64}}}});
  json["preprocess"] = {
      {{"impute", {{"columns", {"a*"}}, {"strategy", "Constant"}, {"value", 1.5}}}},
      {{"impute", {{"columns", {"b"}}, {"strategy", "MostFrequent"}}}},
      {{"standardize", {{"columns", {"pixel*"}}}}},
      {{"minMax", {{"columns", {"c"}}, {"min", -1}, {"max", 3}}}},
      {{"clip", {{"columns", {"c"}}, {"min", -0.5}, {"maxQuantile", 0.99}}}},
      {{"clip", {{"columns", {"c"}}, {"minQuantile", 0.01}, {"max", 2}}}},
      {{"log", {{"columns", {"d"}}, {"offset", 2.5}}}},
      {{"quantile", {{"columns", {"e"}}, {"quantiles", 50}, {"distribution", "Normal"}}}},
      {{"normalize",
        {{"columns", {"pixel*"}},
         {"divisor", 16},
         {"channels", {{{"mean", 0.5}, {"deviation", 0.25}}}}}}},
      {{"oneHot", {{"columns", {"f"}}, {"maxCategories", 7}}}},
      {{"oneHot", {{"columns", {"i"}}}}},
      {{"hash", {{"columns", {"g"}}, {"buckets", 16}}}},
      {{"vocabulary", {{"columns", {"h"}}, {"maxSize", 50}, {"minCount", 2}}}},
      {{"tokenize",
        {{"columns", {"j"}},
         {"vocabulary", {{"uri", "s3://models/vocab.txt"}}},
         {"maxLength", 64},
         {"lowercase", false}}}},
      {{"reshape", {{"shape", {1, 28, 28}}}}}};
  json["data"]["validation"] = {{"fraction", 0.25}, {"splitBy", "who"}};
  json["data"]["features"] = {"pixel*"};
  json["data"]["badRows"] = {{"limit", 7}};
  json["data"]["images"] = {{"height", 28}, {"width", 32}, {"channels", 1}};
  json["precision"] = "fp16";
  json["deterministic"] = true;
  json["schedule"] = {{"name", "Cosine"}, {"warmupSteps", 5}};
  json["augment"] = {{"horizontalFlip", 0.5}, {"cropPadding", 2}};
  json["gradient"] = {{"clipNorm", 1.5}, {"microBatchSize", 8}};
  json["parallel"] = {{"bucketBytes", 4096}, {"exchange", "bf16"}, {"optimizerState", "Sharded"}};
  json["labelSmoothing"] = 0.1;
  json["averaging"] = {{"decay", 0.99}};
  json["earlyStopping"] = {{"metric", "macroF1"}};
  json["classWeights"] = {{"strategy", "Listed"}, {"weights", {{{"class", "a"}, {"weight", 2}}}}};
  const auto training = decode_training(json, "t");
  ASSERT_TRUE(training) << training.error().message();
  const auto again = decode_training(encode(*training), "t");
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(*training, *again);
}

TEST(TrainingSpecTest, StreamingHasAWindowAndAMemoryAndAValidationSetOfItsOwn) {
  Json json = kSmall;
  json["data"]["streaming"] = Json::object();
  const auto usual = decode_training(json, "spec.training");
  ASSERT_TRUE(usual) << usual.error().message();
  EXPECT_EQ(usual->data.streaming.shuffle_window, 65536);
  EXPECT_EQ(usual->data.streaming.memory_mib, 1024);
  json["data"]["streaming"] = {{"shuffleWindow", 500}, {"memoryMiB", 64}};
  json["data"]["validation"] = {{"uri", "s3://data/held.csv"}};
  const auto own = decode_training(json, "spec.training");
  ASSERT_TRUE(own) << own.error().message();
  EXPECT_EQ(own->data.streaming.shuffle_window, 500);
  EXPECT_EQ(decode_training(encode(*own), "spec.training"), own);
  json["data"]["validation"] = {{"fraction", 0.1}};
  EXPECT_EQ(decode_training(json, "spec.training").error().message(),
            "spec.training.data.validation.fraction does not go with streaming, whose rows are "
            "never held all at once; allowed is uri");
}

// An API server keeps the items of a list that is a map in the order in which they came to be
// there.
TEST(TrainingSpecTest, WeightsOfClassesAreTheSameInWhateverOrderTheyStand) {
  const Json one{{"class", "a"}, {"weight", 2}}, other{{"class", "b"}, {"weight", 3}};
  const auto of = [](const Json& first, const Json& second) {
    Json json = kSmall;
    json["classWeights"] = {{"strategy", "Listed"}, {"weights", {first, second}}};
    return encode(decode_training(json, "t").value_or(TrainingSpec()));
  };
  ASSERT_EQ(of(one, other)["classWeights"]["weights"], Json({one, other}));
  EXPECT_EQ(of(one, other), of(other, one));
}

TEST(TrainingSpecTest, AValueToImputeCountsWithConstantAlone) {
  Json json = kSmall;
  json["preprocess"].push_back({{"impute", {{"columns", {"a"}}, {"value", 1.5}}}});
  const auto training = decode_training(json, "t");
  ASSERT_TRUE(training) << training.error().message();
  EXPECT_EQ(*training, *decode_training(encode(*training), "t"));
}

TEST(CheckpointSpecTest, HasDefaultsAndBounds) {
  const auto checkpoint = decode_checkpoint({{"uri", "s3://models/c"}}, "spec.checkpoint");
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(checkpoint->every_steps, 500);
  EXPECT_EQ(checkpoint->every_seconds, 60);
  EXPECT_EQ(checkpoint->keep, 3);
  const auto wrong = decode_checkpoint({{"uri", "s3://models/c"}, {"keep", 0}}, "spec.checkpoint");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message(), HasSubstr("spec.checkpoint.keep must be at least 1"));
}

}  // namespace
}  // namespace cresset::worker_contract
