#include "worker/train/best_weights.h"

#include <gmock/gmock.h>

#include "crds/worker_contract/goal_spec.h"

namespace cresset::train::best_weights_test {
namespace {

const auto kTold = worker_contract::metrics_of(worker_contract::kClassification);

class Best : public testing::Test {
 protected:
  // Weights that are `value`, of which validation says `loss`.
  void judge(BestWeights& best, float value, double loss) {
    weights_.fill_(value);
    ASSERT_TRUE(best.judge({{"loss", loss}, {"accuracy", 1 - loss}}));
  }
  at::Tensor weights_ = at::zeros({2});
  BestWeights best_{{.metric = "loss", .patience = 2}, kTold, {"a"}, {weights_}};
};

TEST_F(Best, AreTheNetworksAgainWhenThePatienceEnds) {
  judge(best_, 1, 0.5);
  judge(best_, 2, 0.25);
  judge(best_, 3, 0.5);
  EXPECT_FALSE(best_.is_over());
  judge(best_, 4, 0.75);
  EXPECT_TRUE(best_.is_over());
  EXPECT_EQ(best_.adopt(), (BestWeights::Metrics{{"loss", 0.25}, {"accuracy", 0.75}}));
  EXPECT_TRUE(weights_.equal(at::full({2}, 2.0F)));
}

TEST_F(Best, GoOnFromTheirNamedState) {
  judge(best_, 1, 0.25);
  judge(best_, 2, 0.5);
  BestWeights restored({.metric = "loss", .patience = 2}, kTold, {"a"}, {weights_});
  for (size_t i = 0; i < best_.state().tensors.size(); ++i)
    restored.state().tensors[i].copy_(best_.state().tensors[i]);
  judge(restored, 3, 0.375);
  EXPECT_TRUE(restored.is_over());
  EXPECT_EQ(restored.adopt().at("loss"), 0.25);
  EXPECT_TRUE(weights_.equal(at::full({2}, 1.0F)));
}

TEST_F(Best, WithoutAnyValidationTheWeightsStayAsTheyAre) {
  weights_.fill_(3);
  EXPECT_TRUE(best_.adopt().empty());
  EXPECT_TRUE(weights_.equal(at::full({2}, 3.0F)));
}

TEST_F(Best, AMetricThatValidationDoesNotTellIsAnErrorThatNamesTheField) {
  BestWeights best({.metric = "auc", .patience = 2}, kTold, {"a"}, {weights_});
  const auto judged = best.judge({{"loss", 0.5}});
  ASSERT_FALSE(judged);
  EXPECT_EQ(
      judged.error().message(),
      R"(spec.training.earlyStopping.metric is "auc", which the validation rows do not tell: they are all of one class)");
}

}  // namespace
}  // namespace cresset::train::best_weights_test
