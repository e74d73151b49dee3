#include "worker/train/averaging.h"

#include <gtest/gtest.h>

namespace cresset::train::averaging_test {
namespace {

at::Tensor parameter() { return at::tensor({1.0F, -2.0F}).requires_grad_(true); }

void learn(at::Tensor& weights, WeightAverage& average, double gain) {
  weights.detach().add_(gain);
  average.update();
}

// 2.29 is what AveragedModel(multi_avg_fn=get_ema_multi_avg_fn(0.9)) of PyTorch 2.11 gives.
TEST(WeightAverage, BeginsWithTheFirstStepsWeightsAndFollows) {
  auto weights = parameter();
  WeightAverage average(0.9, {"a"}, {weights});
  for (const double gain : {1.0, 1.0, 1.0}) learn(weights, average, gain);  // 2, 3, 4
  average.adopt();
  EXPECT_NEAR(weights[0].item<double>(), 2.29, 1e-6);
}

TEST(WeightAverage, InUseItGivesTheWeightsBackAsTheyWere) {
  auto weights = parameter();
  WeightAverage average(0.5, {"a"}, {weights});
  learn(weights, average, 0.1);
  learn(weights, average, 0.7);
  const auto before = weights.detach().clone();
  {
    const WeightAverage::InUse in_use(average);
    EXPECT_FALSE(weights.equal(before));
  }
  EXPECT_TRUE(weights.equal(before));
}

TEST(WeightAverage, GoesOnBitByBitFromItsNamedState) {
  auto weights = parameter();
  WeightAverage average(0.9, {"a"}, {weights});
  learn(weights, average, 0.1);
  auto others = weights.detach().clone().requires_grad_(true);
  WeightAverage restored(0.9, {"a"}, {others});
  EXPECT_EQ(average.state().names, (std::vector<std::string>{"averaging.updates", "a.average"}));
  for (size_t i = 0; i < average.state().tensors.size(); ++i)
    restored.state().tensors[i].copy_(average.state().tensors[i]);
  learn(weights, average, 0.3);
  learn(others, restored, 0.3);
  average.adopt();
  restored.adopt();
  EXPECT_TRUE(others.equal(weights));
}

}  // namespace
}  // namespace cresset::train::averaging_test
