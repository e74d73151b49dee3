// What every architecture has in common.
#include "worker/model/networks/builder.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <gmock/gmock.h>
#include <torch/nn/module.h>

#include "tests/unit/worker/model/networks/networks.h"
#include "tests/unit/worker/model/networks/script.h"
#include "worker/model/networks/limits.h"

namespace cresset::model::networks {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct Small {
  std::string architecture;
  base::Json parameters;
  std::vector<int64_t> sample;
  std::string script;
};

// A small network of each architecture.
const std::vector<Small>& all() {
  static const std::vector<Small> kAll{
      {"mlp", {{"hidden", {8}}}, {1, 2, 3}},
      {"cnn", {{"channels", {4}}, {"hidden", 8}}, {1, 8, 8}},
      {"linear", base::Json::object(), {6}},
      {"resnet", {{"width", 4}}, {1, 16, 16}},
      {"transformer", {{"layers", 1}, {"width", 8}, {"heads", 2}}, {6, 3}},
      {"gpt", {{"layers", 1}, {"width", 8}, {"heads", 2}, {"vocabularySize", 5}}, {6}},
      {"torchscript", {{"headLayer", "fc"}}, {6}, saved(small_script(6, 3))}};
  return kAll;
}

at::Tensor samples_of(const Small& one, int64_t rows) {
  std::vector<int64_t> shape{rows};
  shape.insert(shape.end(), one.sample.begin(), one.sample.end());
  at::manual_seed(3);
  return one.architecture == "gpt" ? at::randint(5, shape, at::kFloat) : at::randn(shape);
}

Layers layers_of(const Small& one) {
  at::manual_seed(1);
  auto layers = build(spec_of(one.architecture, one.parameters),
                      {.sample_shape = one.sample, .classes = 5, .script = one.script});
  EXPECT_TRUE(layers) << layers.error().message();
  return std::move(*layers);
}

TEST(Builders, ThereIsOneForEachArchitectureThatASpecMayName) {
  std::vector<std::string> known, tested;
  for (const auto& architecture : worker_contract::architectures()) {
    known.emplace_back(architecture.name);
    EXPECT_TRUE(find_builder(known.back())) << known.back();
  }
  for (const auto& one : all()) tested.push_back(one.architecture);
  EXPECT_EQ(known, tested);
  EXPECT_THAT(find_builder("magic").error().message(),
              AllOf(HasSubstr("spec.training.model.architecture"), HasSubstr("cnn, gpt, linear"),
                    HasSubstr("found \"magic\"")));
}

TEST(Builders, EveryParameterGetsAGradient) {
  for (const auto& one : all()) {
    auto layers = layers_of(one);
    const auto logits = layers.forward(samples_of(one, 3));
    EXPECT_EQ(logits.size(0), 3) << one.architecture;
    EXPECT_EQ(logits.size(-1), 5) << one.architecture;
    logits.square().sum().backward();
    for (const auto& parameter : layers.module->named_parameters()) {
      ASSERT_TRUE(parameter.value().grad().defined()) << one.architecture << parameter.key();
      EXPECT_TRUE(parameter.value().grad().isfinite().all().item<bool>()) << parameter.key();
    }
  }
}

TEST(Builders, ARowsLogitsDoNotDependOnItsBatch) {
  for (const auto& one : all()) {
    auto layers = layers_of(one);
    layers.module->eval();
    const auto samples = samples_of(one, 4);
    const auto alone = layers.forward(samples.narrow(0, 2, 1));
    EXPECT_TRUE(layers.forward(samples).narrow(0, 2, 1).allclose(alone, 1e-4, 1e-6))
        << one.architecture;
  }
}

TEST(Builders, TheHeadIsTheLayerWhoseShapeIsThatOfTheClasses) {
  for (const auto& one : all()) {
    const auto layers = layers_of(one);
    if (one.architecture == "gpt") {
      EXPECT_EQ(layers.head, "");
      continue;
    }
    const auto* weight = layers.module->named_parameters().find(layers.head + ".weight");
    ASSERT_NE(weight, nullptr) << one.architecture;
    EXPECT_EQ(weight->size(0), 5) << one.architecture;
  }
}

TEST(Builders, ComputeInBfloat16UnderAutocast) {
  for (const auto& one : all()) {
    auto layers = layers_of(one);
    layers.module->eval();
    const auto exact = layers.forward(samples_of(one, 2));
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
    at::autocast::set_autocast_enabled(at::kCPU, true);
    const auto logits = layers.forward(samples_of(one, 2));
    at::autocast::set_autocast_enabled(at::kCPU, false);
    at::autocast::clear_cache();
    EXPECT_TRUE(logits.to(at::kFloat).allclose(exact, 0.1, 0.1)) << one.architecture;
  }
}

TEST(Builders, WhatNoMachineHoldsIsRefusedBeforeItIsAllocated) {
  const auto refused = AllOf(HasSubstr("spec.training.model.parameters"), HasSubstr("4294967296"));
  const int64_t width = 65536;
  EXPECT_THAT(error_of("mlp", {{"hidden", std::vector<int64_t>(16, width)}}, {{4}, 2}), refused);
  EXPECT_THAT(error_of("cnn", {{"hidden", width}, {"channels", {4096}}}, {{1, 512, 512}, 2}),
              refused);
  EXPECT_THAT(error_of("linear", base::Json::object(), {{1 << 20}, 1 << 20}), refused);
  EXPECT_THAT(error_of("resnet", {{"width", width}}, {{3, 64, 64}, 2}), refused);
  EXPECT_THAT(error_of("transformer", {{"width", width}}, {{8, 3}, 2}), refused);
  EXPECT_THAT(error_of("gpt", {{"width", width}, {"vocabularySize", 1 << 20}}, {{8}, 2}), refused);
}

}  // namespace
}  // namespace cresset::model::networks
