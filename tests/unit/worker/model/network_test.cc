#include "worker/model/network.h"

#include <gmock/gmock.h>
#include <torch/nn/modules/linear.h>

namespace cresset::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::unique_ptr<Network> mlp(uint64_t seed) {
  return build_network({.architecture = "mlp", .hidden = {8, 4}}, {3}, 2, seed).value();
}

TEST(Network, AnMlpHasItsLayersInOrderAndMapsRowsToLogits) {
  const auto network = mlp(1);
  EXPECT_THAT(network->names(),
              ElementsAre("0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias"));
  EXPECT_EQ(network->forward(at::ones({5, 3})).sizes().vec(), (std::vector<int64_t>{5, 2}));
}

TEST(Network, AnMlpFlattensSamplesOfAnyShape) {
  const auto network =
      build_network({.architecture = "mlp", .hidden = {4}}, {1, 2, 3}, 2, 0).value();
  EXPECT_EQ(network->forward(at::ones({5, 1, 2, 3})).sizes().vec(), (std::vector<int64_t>{5, 2}));
}

TEST(Network, ACnnOfAnyKernelMapsImagesToLogits) {
  for (int64_t kernel : {1, 2, 3, 4, 5}) {
    const auto network =
        build_network({.architecture = "cnn", .hidden = {16}, .channels = {4, 8}, .kernel = kernel},
                      {3, 13, 10}, 7, 0);
    ASSERT_TRUE(network) << network.error().message();
    EXPECT_EQ((*network)->forward(at::ones({2, 3, 13, 10})).sizes().vec(),
              (std::vector<int64_t>{2, 7}))
        << kernel;
  }
}

TEST(Network, AnArchitectureThatThereIsNotIsNamed) {
  const auto other = build_network({.architecture = "magic"}, {1, 28, 28}, 10, 0);
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message(), AllOf(HasSubstr("spec.training.model.architecture"),
                                             HasSubstr("cnn"), HasSubstr("magic")));
}

std::unique_ptr<Network> resnet(uint64_t seed) {
  return build_network({.architecture = "resnet", .width = 4}, {1, 16, 16}, 2, seed).value();
}

TEST(Network, RunningStatisticsAreKeptWithTheWeights) {
  const auto from = resnet(1), into = resnet(2);
  EXPECT_EQ(from->state().size(), from->parameters().size() + from->buffers().size());
  EXPECT_EQ(from->buffers().size(), 3U * 20);  // of each batch norm: mean, variance, batches
  from->forward(at::randn({4, 1, 16, 16}));
  ASSERT_TRUE(load_weights(*into, save_weights(*from)));
  from->set_training(false), into->set_training(false);
  const auto samples = at::ones({2, 1, 16, 16});
  EXPECT_TRUE(into->forward(samples).equal(from->forward(samples)));
}

TEST(Network, TheSeedAloneDecidesTheWeights) {
  EXPECT_EQ(save_weights(*mlp(1)), save_weights(*mlp(1)));
  EXPECT_NE(save_weights(*mlp(1)), save_weights(*mlp(2)));
}

TEST(Network, TheFirstLayerIsInitialisedFirstAsInPyTorch) {
  at::manual_seed(1);
  torch::nn::Linear first(3, 8);
  EXPECT_TRUE(mlp(1)->parameters()[0].equal(first->weight));
}

TEST(Network, WeightsComeBackIntoANetworkOfTheSameShapeOnly) {
  const auto from = mlp(1);
  const auto into = mlp(2);
  ASSERT_TRUE(load_weights(*into, save_weights(*from)));
  EXPECT_TRUE(into->forward(at::ones({1, 3})).equal(from->forward(at::ones({1, 3}))));
  const auto wider = build_network({.architecture = "mlp", .hidden = {9, 4}}, {3}, 2, 0).value();
  const auto loaded = load_weights(*wider, save_weights(*from));
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message(),
              AllOf(HasSubstr("0.weight"), HasSubstr("F32 [8, 3]"), HasSubstr("F32 [9, 3]")));
}

TEST(Network, WhatACnnCannotTakeIsNamed) {
  const worker_contract::ModelSpec cnn{
      .architecture = "cnn", .hidden = {8}, .channels = {4, 4, 4, 4}};
  EXPECT_THAT(
      build_network(cnn, {784}, 10, 0).error().message(),
      AllOf(HasSubstr("spec.training.model.architecture"), HasSubstr("784"), HasSubstr("reshape")));
  EXPECT_THAT(build_network(cnn, {1, 8, 8}, 10, 0).error().message(), HasSubstr("channels"));
}

TEST(Network, DropoutIsOnInTrainingOnly) {
  const auto network =
      build_network({.architecture = "mlp", .hidden = {64}, .dropout = 0.5}, {3}, 2, 0).value();
  const auto input = at::ones({1, 3});
  network->set_training(true);
  EXPECT_FALSE(network->forward(input).equal(network->forward(input)));
  network->set_training(false);
  EXPECT_TRUE(network->forward(input).equal(network->forward(input)));
}

}  // namespace
}  // namespace cresset::model
