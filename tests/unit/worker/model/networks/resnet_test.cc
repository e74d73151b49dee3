#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <torch/nn/module.h>

#include "tests/unit/worker/model/networks/networks.h"

namespace cresset::model::networks::resnet_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(Resnet, ItsStemIsSmallForImagesBelow64PixelsAndAsTheSpecSaysOtherwise) {
  const auto stem = [](const char* stem, int64_t pixels) {
    const auto layers =
        build(spec_of("resnet", {{"width", 4}, {"stem", stem}}), {{3, pixels, pixels}, 2});
    return layers->module->named_parameters()["conv1.weight"].size(2);
  };
  EXPECT_EQ(stem("Auto", 63), 3);
  EXPECT_EQ(stem("Auto", 64), 7);
  EXPECT_EQ(stem("Small", 64), 3);
  EXPECT_EQ(stem("Large", 33), 7);
}

TEST(Resnet, ImagesOfWhichNothingIsLeftAndOtherShapesAreNamed) {
  EXPECT_THAT(error_of("resnet", base::Json::object(), {{784}, 2}),
              AllOf(HasSubstr("spec.training.model.architecture"), HasSubstr("found [784]"),
                    HasSubstr("[channels, height, width]"), HasSubstr("reshape")));
  EXPECT_THAT(error_of("resnet", base::Json::object(), {{1, 8, 8}, 2}),
              AllOf(HasSubstr("[1, 8, 8]"), HasSubstr("more than 8 pixels")));
  EXPECT_THAT(error_of("resnet", {{"stem", "Large"}}, {{1, 32, 32}, 2}),
              AllOf(HasSubstr("more than 32 pixels"), HasSubstr("Small")));
}

TEST(Resnet, TrainsOnABatchOfOneOfTheSmallestImages) {
  const auto small = build(spec_of("resnet", {{"width", 4}}), {{1, 9, 1}, 2});
  EXPECT_EQ(small->forward(at::randn({1, 1, 9, 1})).size(1), 2);
  const auto large = build(spec_of("resnet", {{"width", 4}, {"stem", "Large"}}), {{1, 33, 1}, 2});
  EXPECT_EQ(large->forward(at::randn({1, 1, 33, 1})).size(1), 2);
}

TEST(Resnet, CountsRunningStatisticsInTrainingAndGoesByThemOtherwise) {
  const auto layers = build(spec_of("resnet", {{"width", 4}}), {{1, 16, 16}, 2});
  const auto mean = layers->module->named_buffers()["bn1.running_mean"];
  const auto samples = at::randn({4, 1, 16, 16});
  layers->module->eval();
  const auto before = layers->forward(samples);
  EXPECT_TRUE(mean.eq(0).all().item<bool>());
  layers->module->train();
  layers->forward(samples);
  EXPECT_FALSE(mean.eq(0).any().item<bool>());
  layers->module->eval();
  EXPECT_FALSE(layers->forward(samples).allclose(before));
}

// Four images that differ by where a bright patch lies.
TEST(Resnet, LearnsAFewImagesByHeart) {
  at::manual_seed(2);
  const auto layers = build(spec_of("resnet", {{"width", 8}}), {{1, 16, 16}, 4});
  auto samples = 0.1 * at::randn({16, 1, 16, 16});
  const auto targets = at::arange(16) % 4;
  for (int64_t row = 0; row < 16; ++row)
    samples[row][0].narrow(0, row % 4 / 2 * 8, 8).narrow(1, row % 2 * 8, 8) += 1;
  double loss = 0;
  for (int step = 0; step < 12; ++step) {
    const auto sum = at::cross_entropy_loss(layers->forward(samples), targets);
    sum.backward();
    at::NoGradGuard no_grad;
    for (auto& parameter : layers->module->parameters()) {
      parameter.sub_(parameter.grad(), 0.1);
      parameter.mutable_grad() = at::Tensor();
    }
    loss = sum.item<double>();
  }
  EXPECT_LT(loss, 0.05);
}

}  // namespace
}  // namespace cresset::model::networks::resnet_test
