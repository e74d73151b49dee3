#include "worker/model/learning_rates.h"

#include <gmock/gmock.h>

namespace cresset::model::learning_rates_test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> kNames{"conv1.weight", "layer1.weight", "fc.weight", "fc.bias"};

TEST(LearningRates, AreThoseOfTheFirstGlobThatMatchesAndTheOptimizersElse) {
  EXPECT_THAT(*learning_rate_scales(kNames, {{"*.bias", 2}, {"fc.*", 10}, {"conv*", 0.1}}),
              ElementsAre(0.1, 1, 10, 2));
  EXPECT_THAT(*learning_rate_scales(kNames, {}), ElementsAre(1, 1, 1, 1));
}

TEST(LearningRates, AGlobThatMatchesNothingIsNamed) {
  const auto scales = learning_rate_scales(kNames, {{"fc.*", 1}, {"head.*", 2}});
  ASSERT_FALSE(scales);
  EXPECT_EQ(
      scales.error().message(),
      R"(spec.training.model.learningRates[1].parameters: "head.*" matches no parameter that is learnt; these are fc.bias, fc.weight, conv1.weight, layer1.weight)");
}

TEST(LearningRates, AGlobThatComesTooLateIsNamed) {
  const auto scales = learning_rate_scales(kNames, {{"conv*", 1}, {"*", 2}, {"fc.*", 3}});
  ASSERT_FALSE(scales);
  EXPECT_EQ(
      scales.error().message(),
      R"(spec.training.model.learningRates[2].parameters: "fc.*" matches only parameters that earlier ones have; put it before them)");
}

}  // namespace
}  // namespace cresset::model::learning_rates_test
