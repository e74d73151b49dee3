#include "crds/worker_contract/training_spec.h"

#include <gmock/gmock.h>

#include "crds/worker_contract/optimizers.h"

namespace cresset::worker_contract {
namespace {

using base::Json;
using testing::AllOf;
using testing::HasSubstr;

const Json kSmall = {{"data", {{"train", {{"uri", "s3://data/points.csv"}}}, {"label", "side"}}}};

Json with(const std::string& pointer, Json value) {
  Json json = kSmall;
  json[Json::json_pointer(pointer)] = std::move(value);
  return json;
}

std::string error_of(const Json& json) {
  const auto decoded = decode_training(json, "spec.training");
  return decoded ? "" : decoded.error().message();
}

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
              {{"layers", 2}, {"width", 64}, {"pooling", "First"}, {"vocabularySize", 9}}}},
        Json{{"architecture", "gpt"}, {"parameters", {{"maxLength", 64}, {"dropout", 0.1}}}}}) {
    const auto training = decode_training(with("/model", model), "t");
    ASSERT_TRUE(training) << training.error().message();
    const Json encoded = encode(*training);
    EXPECT_EQ(encoded["model"]["architecture"], model["architecture"]);
    EXPECT_EQ(*decode_training(encoded, "t"), *training);
  }
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

struct Wrong {
  std::string pointer;
  Json value;
  std::vector<std::string> words;
};

class WrongTraining : public testing::TestWithParam<Wrong> {};

TEST_P(WrongTraining, IsAnErrorThatNamesTheFieldWhatWasFoundAndWhatIsAllowed) {
  const std::string error = error_of(with(GetParam().pointer, GetParam().value));
  for (const auto& word : GetParam().words) EXPECT_THAT(error, HasSubstr(word));
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongTraining,
    testing::Values(
        Wrong{"/epoch", 3, {"spec.training.epoch", "epochs"}},
        Wrong{"/epochs", "many", {"spec.training.epochs", "integer", "many"}},
        Wrong{"/epochs", 0, {"spec.training.epochs", "at least 1", "0"}},
        Wrong{"/batchSize", 0, {"spec.training.batchSize", "at least 1"}},
        Wrong{"/precision", "fp8", {"spec.training.precision", "fp32", "bf16", "fp16", "fp8"}},
        Wrong{"/data/train/uri",
              "ftp://x/y",
              {"spec.training.data.train.uri", "s3://", "file://", "ftp://x/y"}},
        Wrong{"/data/validation",
              {{"fraction", 0.1}, {"uri", "file:///v.csv"}},
              {"spec.training.data.validation", "one of uri and fraction", "both"}},
        Wrong{"/data/validation",
              {{"uri", "file:///v.csv"}, {"splitBy", "who"}},
              {"spec.training.data.validation.splitBy", "goes with fraction only"}},
        Wrong{"/data/validation",
              {{"fraction", 0.5}, {"splitBy", kSmall["data"]["label"]}},
              {"spec.training.data.validation.splitBy is the label", "another column"}},
        Wrong{"/data/validation", {{"fraction", 0}}, {"validation.fraction", "above 0", "found 0"}},
        Wrong{"/model", {{"architecture", "magic"}}, {"model.architecture", "mlp", "cnn", "magic"}},
        Wrong{"/model", {{"parameters", {{"channels", {3}}}}}, {"parameters.channels", "hidden"}},
        Wrong{"/model",
              {{"architecture", "resnet"}, {"parameters", {{"depth", 19}}}},
              {"model.parameters.depth", "18, 34, 50", "found 19"}},
        Wrong{"/model",
              {{"architecture", "gpt"}, {"parameters", {{"width", 130}}}},
              {"model.parameters.width", "multiple of heads, which is 4", "found 130"}},
        Wrong{"/model", {{"uri", "ftp://x/y"}}, {"model.uri", "s3://", "ftp://x/y"}},
        Wrong{"/model",
              {{"learningRates", {{{"parameters", "fc.*"}, {"scale", 0}}}}},
              {"model.learningRates[0].scale", "above 0", "found 0"}},
        Wrong{"/model",
              {{"freeze", {"a*"}}},
              {"spec.training.model.freeze goes with spec.training.model.uri, and there is none"}},
        Wrong{"/model",
              {{"head", "New"}},
              {"spec.training.model.head goes with spec.training.model.uri, and there is none"}},
        Wrong{"/model", {{"rename", {{{"from", "a"}}}}}, {"model.rename", "model.uri"}},
        Wrong{"/model",
              {{"uri", "s3://models/w.safetensors"}},
              {"model.architecture is required", ".safetensors"}},
        Wrong{"/model",
              {{"uri", "s3://models/net.pt"}},
              {"model.architecture is required with a .safetensors or .pt file"}},
        Wrong{
            "/model",
            {{"architecture", "torchscript"}},
            {R"(spec.training.model.uri must be the .pt file of a TorchScript module, or the directory of a model that was one, with the architecture torchscript; found none)"}},
        Wrong{"/model",
              {{"architecture", "torchscript"}, {"uri", "s3://models/w.safetensors"}},
              {"model.uri must be the .pt file", "found \"s3://models/w.safetensors\""}},
        Wrong{"/model",
              {{"architecture", "torchscript"},
               {"uri", "s3://models/1"},
               {"parameters", {{"headLayer", ""}}}},
              {"model.parameters.headLayer"}},
        Wrong{"/model",
              {{"uri", "s3://models/1"}, {"parameters", {{"hidden", {3}}}}},
              {"model.parameters goes with architecture"}},
        Wrong{"/model",
              {{"uri", "s3://models/1"}, {"freeze", {""}}},
              {"model.freeze[0]", "1 to 1024", "found 0"}},
        Wrong{"/optimizer", {{"learningRate", 0}}, {"optimizer.learningRate", "above 0"}},
        Wrong{"/optimizer", {{"name", "sgdish"}}, {"optimizer.name", "adamw", "sgdish"}},
        Wrong{"/optimizer",
              {{"momentum", 0.9}},
              {"optimizer.momentum", "beta1, beta2, epsilon, learningRate, name, weightDecay"}},
        Wrong{"/optimizer",
              {{"name", "sgd"}, {"beta1", 0.9}},
              {"optimizer.beta1", "dampening, learningRate, momentum, name, nesterov"}},
        Wrong{"/optimizer", {{"name", "adagrad"}, {"beta2", 0.9}}, {"optimizer.beta2", "epsilon"}},
        Wrong{"/optimizer",
              {{"name", "sgd"}, {"nesterov", true}},
              {"optimizer.nesterov", "momentum above 0", "found momentum 0.0"}},
        Wrong{"/optimizer",
              {{"name", "sgd"}, {"dampening", 0.5}},
              {"optimizer.dampening", "momentum above 0", "found momentum 0"}},
        Wrong{"/gradient",
              {{"clipNorm", 1}, {"clipValue", 1}},
              {"spec.training.gradient", "one of clipNorm and clipValue", "both"}},
        Wrong{"/data/badRows", {{"limit", -1}}, {"data.badRows.limit", "at least 0", "-1"}},
        Wrong{"/data/images", {{"height", 28}}, {"data.images.width is required"}},
        Wrong{"/data/images",
              {{"height", 28}, {"width", 28}, {"channels", 2}},
              {"data.images.channels", "1 or 3", "2"}},
        Wrong{"/data/images", {{"height", 513}, {"width", 28}}, {"images.height", "512"}},
        Wrong{"/augment", {{"verticalFlip", 2}}, {"augment.verticalFlip", "at most 1"}},
        Wrong{"/augment", {{"cropPadding", 257}}, {"augment.cropPadding", "at most 256"}},
        Wrong{"/augment", {{"flip", 1}}, {"augment.flip", "horizontalFlip"}},
        Wrong{"/data/streaming", {{"shuffleWindow", 0}}, {"streaming.shuffleWindow", "1", "0"}},
        Wrong{"/data/streaming", {{"memoryMiB", 0}}, {"data.streaming.memoryMiB", "1", "0"}},
        Wrong{"/data/streaming", {{"buffer", 9}}, {"streaming.buffer", "memoryMiB, shuffleWindow"}},
        Wrong{"/gradient", {{"clipNorm", 0}}, {"gradient.clipNorm", "above 0"}},
        Wrong{"/gradient", {{"microBatchSize", -1}}, {"gradient.microBatchSize", "at least 0"}},
        Wrong{"/gradient", {{"accumulate", 2}}, {"gradient.accumulate", "microBatchSize"}},
        Wrong{"/parallel", {{"bucketBytes", 1}}, {"parallel.bucketBytes", "at least 1024"}},
        Wrong{"/parallel", {{"exchange", "fp16"}}, {"parallel.exchange", "fp32", "bf16", "fp16"}},
        Wrong{"/parallel",
              {{"optimizerState", "Split"}},
              {"spec.training.parallel.optimizerState", "Replicated", "Sharded", "Split"}},
        Wrong{"/parallel", {{"bucket", 25}}, {"parallel.bucket", "bucketBytes"}},
        Wrong{"/averaging", {{"decay", 1}}, {"averaging.decay", "at most 0.999999"}},
        Wrong{"/averaging", Json::object(), {"averaging.decay is required"}},
        Wrong{"/earlyStopping", {{"metric", "f1"}}, {"earlyStopping.metric", "macroF1, auc", "f1"}},
        Wrong{"/earlyStopping",
              Json::object(),
              {"spec.training.earlyStopping needs spec.training.data.validation", "found none"}},
        Wrong{"/labelSmoothing", 1.5, {"spec.training.labelSmoothing", "at most 1", "1.5"}},
        Wrong{"/classWeights", Json::object(), {"classWeights.strategy is required"}},
        Wrong{"/classWeights",
              {{"strategy", "Listed"}},
              {"classWeights.weights", "with strategy Listed", "found strategy Listed"}},
        Wrong{"/classWeights",
              {{"strategy", "Listed"}, {"weights", Json::array()}},
              {"classWeights.weights", "at least 1 item"}},
        Wrong{"/classWeights",
              {{"strategy", "Balanced"}, {"weights", {{{"class", "a"}, {"weight", 1}}}}},
              {"classWeights.weights", "only then", "found strategy Balanced"}},
        Wrong{"/classWeights",
              {{"strategy", "Listed"},
               {"weights", {{{"class", "a"}, {"weight", 1}}, {{"class", "a"}, {"weight", 2}}}}},
              {"classWeights.weights[1].class", "\"a\"", "twice"}},
        Wrong{"/classWeights",
              {{"strategy", "Listed"}, {"weights", {{{"class", "a"}, {"weight", 0}}}}},
              {"classWeights.weights[0].weight", "above 0"}},
        Wrong{"/schedule", {{"name", "Step"}}, {"training.schedule.stepSize is required"}},
        Wrong{"/preprocess", {Json::object()}, {"preprocess[0]", "exactly one of"}},
        Wrong{"/preprocess",
              {{{"reshape", {{"shape", {4}}}}}, {{"standardize", {{"columns", {"x"}}}}}},
              {"preprocess[1]", "after reshape"}},
        Wrong{"/preprocess",
              {{{"impute", {{"columns", {"x"}}, {"strategy", "Constant"}}}}},
              {"preprocess[0].impute.value", "required"}},
        Wrong{"/preprocess",
              {{{"impute", {{"columns", {"x"}}}}, {"log", {{"columns", {"x"}}}}}},
              {"preprocess[0]", "exactly one of impute, standardize, minMax, clip, log, quantile",
               "found 2"}},
        Wrong{"/preprocess",
              {{{"impute", {{"columns", {"x"}}, {"strategy", "Mode"}}}}},
              {"preprocess[0].impute.strategy", "MostFrequent", "Mode"}},
        Wrong{"/preprocess",
              {{{"minMax", {{"columns", {"x"}}, {"min", 1}, {"max", 1}}}}},
              {"preprocess[0].minMax", "min must be below max", "found min 1.0 and max 1.0"}},
        Wrong{"/preprocess",
              {{{"clip", {{"columns", {"x"}}}}}},
              {"preprocess[0].clip", "min, max, minQuantile and maxQuantile", "found none"}},
        Wrong{"/preprocess",
              {{{"clip", {{"columns", {"x"}}, {"max", 1}, {"maxQuantile", 0.9}}}}},
              {"preprocess[0].clip", "one of max and maxQuantile", "found both"}},
        Wrong{"/preprocess",
              {{{"clip", {{"columns", {"x"}}, {"min", 2}, {"max", 1}}}}},
              {"preprocess[0].clip", "min may not be above max", "found 2.0 and 1.0"}},
        Wrong{"/preprocess",
              {{{"clip", {{"columns", {"x"}}, {"maxQuantile", 90}}}}},
              {"preprocess[0].clip.maxQuantile", "at most 1", "90"}},
        Wrong{
            "/preprocess", {{{"log", {{"offset", 1}}}}}, {"preprocess[0].log.columns is required"}},
        Wrong{"/preprocess",
              {{{"normalize", {{"columns", {"x"}}}}}},
              {"preprocess[0].normalize.channels is required"}},
        Wrong{"/preprocess",
              {{{"normalize", {{"columns", {"x"}}, {"channels", Json::array()}}}}},
              {"preprocess[0].normalize.channels must have at least 1 item"}},
        Wrong{"/preprocess",
              {{{"normalize",
                 {{"columns", {"x"}}, {"channels", {{{"mean", 1}, {"deviation", 0}}}}}}}},
              {"preprocess[0].normalize.channels[0].deviation must be at least 1e-12", "found 0"}},
        Wrong{"/preprocess",
              {{{"normalize",
                 {{"columns", {"x"}},
                  {"divisor", 1e-300},
                  {"channels", {{{"mean", 1}, {"deviation", 1}}}}}}}},
              {"preprocess[0].normalize.divisor must be at least 1e-12", "found 1e-300"}},
        Wrong{"/preprocess",
              {{{"hash", {{"columns", {"x"}}}}}},
              {"preprocess[0].hash.buckets is required"}},
        Wrong{"/preprocess",
              {{{"hash", {{"columns", {"x"}}, {"buckets", 1 << 17}}}}},
              {"preprocess[0].hash.buckets", "at most 65536"}},
        Wrong{"/preprocess",
              {{{"oneHot", {{"columns", {"x"}}, {"maxCategories", 0}}}}},
              {"preprocess[0].oneHot.maxCategories", "at least 1"}},
        Wrong{"/preprocess",
              {{{"vocabulary", {{"columns", {"x"}}, {"minCount", 0}}}}},
              {"preprocess[0].vocabulary.minCount", "at least 1"}},
        Wrong{"/preprocess",
              {{{"quantile", {{"columns", {"x"}}, {"quantiles", 1}}}}},
              {"preprocess[0].quantile.quantiles", "at least 2", "1"}},
        Wrong{"/preprocess",
              {{{"quantile", {{"columns", {"x"}}, {"distribution", "Gauss"}}}}},
              {"preprocess[0].quantile.distribution", "Uniform, Normal", "Gauss"}}));

TEST(TrainingSpecTest, MissingDataAndALabelAreNamed) {
  EXPECT_THAT(error_of(Json::object()), HasSubstr("spec.training.data is required"));
  EXPECT_THAT(error_of({{"data", {{"train", {{"uri", "s3://data/x.csv"}}}}}}),
              HasSubstr("spec.training.data.label is required"));
}

TEST(CheckUriTest, TakesPathsAndBucketsWithAKey) {
  EXPECT_TRUE(check_uri("s3://data/digits/train.parquet", "u"));
  EXPECT_TRUE(check_uri("file:///data/train.csv", "u"));
}

TEST(CheckUriTest, RefusesWhatNamesNoPlace) {
  for (const char* uri :
       {"", "s3://", "s3://ab/key", "s3://bucket", "s3://bucket/", "file://x/y", "file:///",
        "gs://bucket/key", "s3://bucket/a/../b", "s3://bucket/a b", "s3://bucket/a?b", "/data/x"}) {
    const auto checked = check_uri(uri, "spec.output.uri");
    ASSERT_FALSE(checked) << uri;
    EXPECT_THAT(checked.error().message(),
                AllOf(HasSubstr("spec.output.uri"), HasSubstr("allowed: s3://BUCKET/KEY"),
                      HasSubstr("\"" + std::string(uri) + "\"")));
  }
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

TEST(StorageSpecTest, AnEndpointMustBeHttp) {
  const auto storage = decode_storage({{"endpoint", "s3:7070"}}, "spec.storage");
  ASSERT_FALSE(storage);
  EXPECT_THAT(storage.error().message(), AllOf(HasSubstr("spec.storage.endpoint"),
                                               HasSubstr("http://"), HasSubstr("s3:7070")));
}

}  // namespace
}  // namespace cresset::worker_contract
