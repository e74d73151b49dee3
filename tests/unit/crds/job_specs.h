#pragma once
// Specs of a TrainingJob that together use every field which schema and codec know, for the tests
// that hold the two to each other.

#include <vector>

#include "operator/base/json.h"
#include "tests/unit/crds/pod_fields.h"

namespace cresset::crds {

using base::Json;

inline Json least() {
  return {
      {"training", {{"data", {{"train", {{"uri", "s3://data/points.csv"}}}, {"label", "side"}}}}},
      {"output", {{"uri", "s3://models/points"}}}};
}

inline Json every_field() {
  Json spec = least();
  spec["framework"] = "Cresset";
  spec["workers"] = every_pod_field();
  spec["workers"].update(Json{{"count", 4},
                              {"min", 2},
                              {"max", 8},
                              {"processesPerWorker", 2},
                              {"template", {{"spec", {{"hostNetwork", false}}}}}});
  spec["storage"] = {
      {"secretRef", {{"name", "s3"}}}, {"endpoint", "http://s3:7070"}, {"region", "eu"}};
  spec["training"]["model"] = {
      {"architecture", "cnn"},
      {"parameters", {{"channels", {16, 32}}, {"kernel", 5}, {"hidden", 64}, {"dropout", 0.5}}}};
  spec["training"]["data"]["features"] = {"pixel*"};
  spec["training"]["data"]["badRows"] = {{"limit", 5}};
  spec["training"]["data"]["images"] = {{"height", 8}, {"width", 8}, {"channels", 1}};
  spec["training"]["data"]["validation"] = {{"fraction", 0.1}, {"splitBy", "writer"}};
  spec["training"]["preprocess"] = {
      {{"impute", {{"columns", {"pixel*"}}, {"strategy", "Constant"}, {"value", 0.5}}}},
      {{"standardize", {{"columns", {"pixel*"}}}}},
      {{"reshape", {{"shape", {1, 28, 28}}}}}};
  spec["training"]["augment"] = {
      {"horizontalFlip", 0.5}, {"verticalFlip", 0.25}, {"cropPadding", 2}};
  spec["training"]["optimizer"] = {{"name", "adamw"},      {"learningRate", 0.01},
                                   {"weightDecay", 0.001}, {"beta1", 0.8},
                                   {"beta2", 0.99},        {"epsilon", 1e-6}};
  spec["training"]["schedule"] = {
      {"name", "Step"}, {"stepSize", 30}, {"gamma", 0.5}, {"warmupFraction", 0.1}};
  spec["training"]["gradient"] = {{"clipNorm", 1.5}, {"microBatchSize", 8}};
  spec["training"]["parallel"] = {
      {"bucketBytes", 4096}, {"exchange", "bf16"}, {"optimizerState", "Sharded"}};
  spec["training"]["labelSmoothing"] = 0.1;
  spec["training"]["classWeights"] = {{"strategy", "Listed"},
                                      {"weights", {{{"class", "7"}, {"weight", 2.5}}}}};
  spec["training"]["averaging"] = {{"decay", 0.99}};
  spec["training"]["earlyStopping"] = {{"metric", "auc"}, {"patience", 3}, {"minDelta", 0.001}};
  spec["training"]["epochs"] = 3;
  spec["training"]["batchSize"] = 64;
  spec["training"]["precision"] = "bf16";
  spec["training"]["deterministic"] = true;
  spec["training"]["seed"] = 7;
  spec["checkpoint"] = {
      {"uri", "s3://models/c"}, {"everySteps", 50}, {"everySeconds", 30}, {"keep", 2}};
  spec["failurePolicy"] = {{"maxRestarts", 1},
                           {"refillSteps", 1000},
                           {"rules",
                            {{{"exitCodes", {1, 137}}, {"action", "Fail"}},
                             {{"name", "killed"},
                              {"signals", {"SIGKILL"}},
                              {"reasons", {"Signal"}},
                              {"action", "Restart"},
                              {"maxRestarts", 5}}}}};
  spec["managedBy"] = "kueue.x-k8s.io/multikueue";
  spec["suspend"] = true;
  spec["activeDeadlineSeconds"] = 3600;
  spec["pendingDeadlineSeconds"] = 600;
  spec["progressDeadlineSeconds"] = 300;
  spec["cleanUpPolicy"] = "All";
  spec["ttlSecondsAfterFinished"] = 60;
  spec["ttlSecondsAfterFailed"] = 3600;
  return spec;
}

inline Json mlp_with_a_validation_set() {
  Json spec = least();
  spec["training"]["optimizer"] = {
      {"name", "sgd"}, {"momentum", 0.9}, {"dampening", 0}, {"nesterov", true}};
  spec["training"]["schedule"] = {
      {"name", "Cosine"}, {"etaMin", 0.001}, {"warmupSteps", 10}, {"warmupStartFactor", 0.5}};
  spec["training"]["model"] = {{"architecture", "mlp"}, {"parameters", {{"hidden", {8, 8}}}}};
  spec["training"]["data"]["validation"] = {{"uri", "file:///data/kept.csv"}};
  spec["training"]["data"]["streaming"] = {{"shuffleWindow", 5000}, {"memoryMiB", 256}};
  return spec;
}

inline Json with_one_cycle() {
  Json spec = least();
  spec["training"]["gradient"] = {{"clipValue", 0.5}};
  spec["training"]["schedule"] = {{"name", "OneCycle"},
                                  {"pctStart", 0.2},
                                  {"divFactor", 10},
                                  {"finalDivFactor", 100},
                                  {"annealStrategy", "Linear"}};
  return spec;
}

inline Json with_every_step() {
  Json spec = least();
  const Json columns{"a*"};
  spec["training"]["preprocess"] = {
      {{"impute", {{"columns", columns}, {"strategy", "Median"}}}},
      {{"minMax", {{"columns", columns}, {"min", -1}, {"max", 1}}}},
      {{"clip", {{"columns", columns}, {"min", -0.5}, {"maxQuantile", 0.99}}}},
      {{"clip", {{"columns", columns}, {"minQuantile", 0.01}, {"max", 0.5}}}},
      {{"log", {{"columns", columns}, {"offset", 0.5}}}},
      {{"quantile", {{"columns", columns}, {"quantiles", 100}, {"distribution", "Normal"}}}},
      {{"normalize",
        {{"columns", columns},
         {"divisor", 16},
         {"channels", {{{"mean", 0.5}, {"deviation", 0.25}}}}}}},
      {{"oneHot", {{"columns", columns}, {"maxCategories", 7}}}},
      {{"hash", {{"columns", columns}, {"buckets", 16}}}},
      {{"vocabulary", {{"columns", columns}, {"maxSize", 50}, {"minCount", 2}}}},
      {{"tokenize",
        {{"columns", columns},
         {"vocabulary", {{"uri", "s3://models/vocab.txt"}}},
         {"maxLength", 64},
         {"lowercase", false}}}}};
  return spec;
}

inline Json stops_early() {
  Json spec = mlp_with_a_validation_set();
  spec["training"]["earlyStopping"] = Json::object();
  return spec;
}

inline Json with_model(const char* architecture, Json parameters) {
  Json spec = least();
  spec["training"]["model"] = {{"architecture", architecture},
                               {"parameters", std::move(parameters)}};
  return spec;
}

// One of each architecture with all of its parameters.
inline std::vector<Json> every_architecture() {
  const Json sequence{{"layers", 2},        {"heads", 2},     {"width", 64},
                      {"feedForward", 128}, {"dropout", 0.1}, {"vocabularySize", 100},
                      {"maxLength", 32}};
  Json pooled = sequence;
  pooled["pooling"] = "First";
  pooled["paddingToken"] = 0;
  return {with_model("linear", Json::object()),
          with_model("resnet", {{"depth", 34}, {"width", 32}, {"stem", "Large"}}),
          with_model("transformer", std::move(pooled)), with_model("gpt", sequence)};
}

inline Json pretrained() {
  Json spec = with_model("resnet", {{"depth", 18}});
  spec["training"]["model"].update(
      {{"uri", "s3://models/resnet18.safetensors"},
       {"head", "New"},
       {"freeze", {"layer1.*", "conv1.*"}},
       {"rename", {{{"from", "model."}, {"to", ""}}}},
       {"learningRates", {{{"parameters", "layer*"}, {"scale", 0.1}}}}});
  return spec;
}

inline Json of_a_module() {
  Json spec = with_model("torchscript", {{"headLayer", "classifier.1"}});
  spec["training"]["model"].update({{"uri", "s3://models/net.pt"}, {"freeze", {"features.*"}}});
  return spec;
}

inline Json in_google_buckets() {
  Json spec = mlp_with_a_validation_set();
  spec["storage"] = {{"secretRef", {{"name", "gcs"}}}, {"endpoint", "http://gcs:4443"}};
  spec["training"]["data"]["train"]["uri"] = "gs://data/part-*.csv";
  spec["training"]["data"]["validation"]["uri"] = "gs://data/held.csv";
  spec["checkpoint"] = {{"uri", "gs://models/checkpoints"}};
  spec["output"]["uri"] = "gs://models/points";
  return spec;
}

inline Json of_numbers() {
  Json spec = least();
  spec["training"]["goal"] = {{"name", "Regression"}, {"loss", "Huber"}, {"delta", 0.5}};
  spec["training"]["data"].erase("label");
  spec["training"]["data"]["labels"] = {"price*"};
  return spec;
}

inline Json of_joined_texts() {
  Json spec = with_model("gpt", {{"vocabularySize", 50257}});
  spec["training"]["data"].erase("label");
  spec["training"]["preprocess"] = {{{"tokenize",
                                      {{"columns", {"text"}},
                                       {"vocabulary", {{"uri", "s3://models/gpt2/vocab.json"}}},
                                       {"merges", {{"uri", "s3://models/gpt2/merges.txt"}}},
                                       {"maxLength", 128},
                                       {"samples", "Packed"}}}}};
  return spec;
}

}  // namespace cresset::crds
