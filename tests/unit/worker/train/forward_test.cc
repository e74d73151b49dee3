// Validation by ranks that are threads, over logits and answers that are known.
#include "worker/train/forward.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cmath>

#include "tests/unit/worker/dist/ranks.h"

namespace cresset::train::forward_test {
namespace {

using testing::ElementsAre;

// Its input is its output; keeps how many rows it was given at once.
class Echo : public model::Network {
 public:
  at::Tensor forward(const at::Tensor& samples) override {
    given.push_back(samples.size(0));
    return samples;
  }
  std::vector<std::string> names() const override { return {}; }
  std::vector<at::Tensor> parameters() const override { return {}; }
  void set_training(bool) override {}

  std::vector<int64_t> given;
};

constexpr double kSure = 2;  // how far the logit of class 0 is above that of class 1

// `rows` of which the first `right` are of class 0.
Samples samples_of(int64_t rows, int64_t right) {
  Samples samples{.table = {},
                  .inputs = at::tensor({static_cast<float>(kSure), 0.0F}).repeat({rows, 1}),
                  .targets = at::ones({rows}, at::kLong)};
  samples.table.rows = rows;
  samples.targets.narrow(0, 0, right).zero_();
  return samples;
}

struct Case {
  int64_t rows;
  int64_t right;
};

// What is right comes first. So the mean of the parts' means is another figure where the parts are
// not of one size (7 and 20 rows of three ranks), and the mean of the chunks' means where chunks
// are not (1301 rows), by 0.01 at least.
TEST(Evaluate, GivesTheMeansOverAllRowsWhateverTheNumberOfRanksAndChunks) {
  for (const Case& one : {Case{7, 3}, Case{20, 7}, Case{1301, 512}})
    for (int ranks = 1; ranks <= 3; ++ranks) {
      const auto samples = samples_of(one.rows, one.right);
      const double accuracy = static_cast<double>(one.right) / static_cast<double>(one.rows);
      const double loss = std::log1p(std::exp(-kSure)) + kSure * (1 - accuracy);
      dist::as_ranks(ranks, [&](dist::ProcessGroup& group) {
        Echo network;
        const auto metrics = evaluate(network, samples, Loss(0, {}), group, false);
        ASSERT_TRUE(metrics) << metrics.error().message();
        EXPECT_DOUBLE_EQ(metrics->at("accuracy"), accuracy) << one.rows << " rows, " << ranks;
        EXPECT_NEAR(metrics->at("loss"), loss, 1e-5) << one.rows << " rows, " << ranks;
      });
    }
}

TEST(Evaluate, TakesARanksRowsInChunksOfWhichTheLastMayBeSmaller) {
  Echo network;
  const auto group = dist::join_group({});
  ASSERT_TRUE(group);
  ASSERT_TRUE(evaluate(network, samples_of(1301, 512), Loss(0, {}), **group, false));
  EXPECT_THAT(network.given, ElementsAre(512, 512, 277));
}

}  // namespace
}  // namespace cresset::train::forward_test
