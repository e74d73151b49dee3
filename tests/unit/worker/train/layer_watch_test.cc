#include "worker/train/layer_watch.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/worker/model/networks/networks.h"

namespace cresset::train::layer_watch_test {
namespace {

std::unique_ptr<model::Network> network_of(const worker_contract::ModelSpec& spec,
                                           const std::vector<int64_t>& shape) {
  auto network = model::build_network(spec, shape, 3, 1);
  EXPECT_TRUE(network) << network.error().message();
  return std::move(*network);
}

void make_infinite(model::Network& network, const std::string& parameter) {
  const auto names = network.names();
  const auto tensors = network.parameters();
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == parameter) return tensors[i].fill_(std::numeric_limits<float>::max()), void();
  FAIL() << "no parameter " << parameter;
}

std::string where(model::Network& network, const at::Tensor& samples) {
  LayerWatch watch(network);
  watch.begin_pass();
  network.forward(samples);
  return watch.found() ? watch.found()->where : "";
}

TEST(LayerWatch, FindsNothingInAFinitePass) {
  const auto network = network_of(model::networks::spec_of("mlp"), {2});
  EXPECT_EQ(where(*network, at::ones({5, 2})), "");
}

TEST(LayerWatch, NamesTheFirstLayerOfEachArchitectureWhoseOutputIsNotFinite) {
  using model::networks::spec_of;
  const struct {
    worker_contract::ModelSpec spec;
    std::vector<int64_t> shape;
    std::string parameter, layer;
  } cases[] = {
      {spec_of("mlp"), {2}, "0.weight", "0"},
      {spec_of("linear"), {2}, "linear.weight", "linear"},
      {spec_of("cnn", {{"channels", {2, 2}}}), {1, 8, 8}, "0.weight", "0"},
      {spec_of("resnet", {{"width", 4}}), {3, 64, 64}, "layer1.0.conv1.weight", "layer1.0.conv1"},
      {spec_of("transformer", {{"vocabularySize", 8}}),
       {4},
       "encoder.layers.1.self_attn.in_proj_weight",
       "encoder.layers.1.self_attn"},
      {spec_of("gpt", {{"vocabularySize", 8}}), {4}, "h.1.mlp.c_fc.weight", "h.1.mlp.c_fc"},
  };
  for (const auto& one : cases) {
    const auto network = network_of(one.spec, one.shape);
    make_infinite(*network, one.parameter);
    auto shape = one.shape;
    shape.insert(shape.begin(), 2);
    EXPECT_EQ(where(*network, at::ones(shape) * 2),
              "the output of layer \"" + one.layer + "\" is not finite");
  }
}

TEST(LayerWatch, FindsNothingInMemoryThatNothingWasWrittenTo) {
  auto& context = at::globalContext();
  const bool before = context.deterministicAlgorithms();
  context.setDeterministicAlgorithms(true, false);  // so that it holds what is not finite
  const auto network = network_of(model::networks::spec_of("mlp"), {2});
  LayerWatch watch(*network);
  watch.begin_pass();
  const auto room = at::empty_like(network->parameters().front());
  context.setDeterministicAlgorithms(before, false);
  EXPECT_FALSE(watch.found()) << watch.found()->where;
  EXPECT_FALSE(at::isfinite(room).any().item<bool>());
}

TEST(LayerWatch, GivesTheResultSoThatItsRowsCanBeTold) {
  const auto network = network_of(model::networks::spec_of("mlp"), {2});
  auto samples = at::ones({3, 2});
  samples[1].fill_(std::numeric_limits<float>::infinity());
  LayerWatch watch(*network);
  watch.begin_pass();
  network->forward(samples);
  ASSERT_TRUE(watch.found());
  EXPECT_TRUE(at::isfinite(watch.found()->result)
                  .all(1)
                  .to(at::kLong)
                  .equal(at::tensor({1, 0, 1}, at::kLong)));
  watch.begin_pass();
  EXPECT_FALSE(watch.found());
}

TEST(LayerWatch, HearsNothingOnceItIsGone) {
  const auto network = network_of(model::networks::spec_of("mlp"), {2});
  { const LayerWatch watch(*network); }
  network->forward(at::full({1, 2}, std::numeric_limits<float>::infinity()));
  LayerWatch next(*network);
  EXPECT_FALSE(next.found());
}

TEST(LayerOf, IsTheParametersNameWithoutItsLastPart) {
  EXPECT_EQ(layer_of("encoder.layers.0.linear1.weight"), "encoder.layers.0.linear1");
  EXPECT_EQ(layer_of("weight"), "weight");
}

}  // namespace
}  // namespace cresset::train::layer_watch_test
