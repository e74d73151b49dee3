// Validation by ranks that are threads, over logits and answers that are known.
#include "worker/train/evaluation.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cmath>

#include "tests/unit/worker/dist/ranks.h"

namespace cresset::train::evaluation_test {
namespace {

using testing::DoubleNear;
using testing::Each;
using testing::ElementsAre;
using testing::Le;
using testing::Pair;

const CrossEntropy kPlain(0, {});

// Its input is its output; keeps how many rows it was given at once.
class Echo : public model::Network {
 public:
  at::Tensor forward(const at::Tensor& samples) override {
    given.push_back(samples.size(0));
    return samples;
  }
  std::vector<std::string> names() const override { return {}; }
  std::vector<at::Tensor> parameters() const override { return {}; }
  std::vector<at::Tensor> buffers() const override { return kept; }
  int64_t vocabulary() const override { return tokens; }
  void move_to(const c10::Device&) override {}
  void set_training(bool) override {}

  std::vector<int64_t> given;
  std::vector<at::Tensor> kept;
  int64_t tokens = 0;
};

Samples samples_of(at::Tensor logits, at::Tensor targets) {
  Samples samples{.table = {}, .inputs = std::move(logits), .targets = std::move(targets)};
  samples.table.rows = samples.inputs.size(0);
  for (int64_t code = 0; code < samples.inputs.size(1); ++code)
    samples.table.classes.numbers.push_back(code);
  return samples;
}

constexpr double kSure = 2;  // how far the logit of class 0 is above that of class 1

// `rows` of which the first `right` are of class 0.
Samples sure_samples(int64_t rows, int64_t right) {
  auto targets = at::ones({rows}, at::kLong);
  targets.narrow(0, 0, right).zero_();
  return samples_of(at::tensor({static_cast<float>(kSure), 0.0F}).repeat({rows, 1}), targets);
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
      const auto samples = sure_samples(one.rows, one.right);
      const double accuracy = static_cast<double>(one.right) / static_cast<double>(one.rows);
      const double loss = std::log1p(std::exp(-kSure)) + kSure * (1 - accuracy);
      dist::as_ranks(ranks, [&](dist::ProcessGroup& group) {
        Echo network;
        const auto metrics = evaluate(network, samples, kPlain, group, {});
        ASSERT_TRUE(metrics) << metrics.error().message();
        EXPECT_DOUBLE_EQ(metrics->at("accuracy"), accuracy) << one.rows << " rows, " << ranks;
        EXPECT_NEAR(metrics->at("loss"), loss, 1e-5) << one.rows << " rows, " << ranks;
        EXPECT_NEAR(metrics->at("logLoss"), loss, 1e-5) << one.rows << " rows, " << ranks;
        EXPECT_DOUBLE_EQ(metrics->at("macroF1"), accuracy / (1 + accuracy));  // of class 1 it is 0
        EXPECT_DOUBLE_EQ(metrics->at("auc"), 0.5);  // all scores are equal
      });
    }
}

using Metrics = std::map<std::string, double>;

void expect_the_same(const Metrics& found, const Metrics& alone, const std::string& where) {
  ASSERT_EQ(found.size(), alone.size()) << where;
  for (const auto& [name, figure] : alone)
    if (name.ends_with("oss"))  // sums of floats in other chunks
      EXPECT_NEAR(found.at(name), figure, 1e-5) << name << where;
    else
      EXPECT_EQ(found.at(name), figure) << name << where;
}

TEST(Evaluate, AnyNumberOfRanksWithAnyPartsSaysTheSame) {
  at::manual_seed(7);
  for (const int64_t rows : {2, 5, 20, 100, 1301}) {
    const auto samples = samples_of(at::randn({rows, 4}), at::randint(4, {rows}, at::kLong));
    const CrossEntropy loss(0.1, {1, 2, 0.5, 1});
    Metrics alone;
    for (int ranks = 1; ranks <= 3; ++ranks) {  // two rows leave one of three ranks without any
      const auto where = ": " + std::to_string(rows) + " rows, " + std::to_string(ranks) + " ranks";
      dist::as_ranks(ranks, [&](dist::ProcessGroup& group) {
        Echo network;
        const auto metrics = evaluate(network, samples, loss, group, {});
        ASSERT_TRUE(metrics) << metrics.error().message();
        if (ranks == 1) alone = *metrics;
        expect_the_same(*metrics, alone, where);
      });
    }
  }
}

TEST(Evaluate, ClassesInTheirOrderHaveAnAreaOfOne) {
  const auto group = dist::join_group({});
  ASSERT_TRUE(group);
  Echo network;
  const auto targets = at::arange(30, at::kLong).remainder(3);
  const auto metrics = evaluate(
      network, samples_of(at::one_hot(targets, 4).to(at::kFloat), targets), kPlain, **group, {});
  ASSERT_TRUE(metrics);
  EXPECT_EQ(metrics->at("auc"), 1);  // the fourth class has no row and does not count
  EXPECT_EQ(metrics->at("macroF1"), 1);
}

TEST(Evaluate, RowsOfOneClassAloneHaveNoArea) {
  const auto group = dist::join_group({});
  ASSERT_TRUE(group);
  Echo network;
  const auto metrics = evaluate(network, sure_samples(5, 5), kPlain, **group, {});
  ASSERT_TRUE(metrics);
  EXPECT_FALSE(metrics->contains("auc"));
  EXPECT_EQ(metrics->at("accuracy"), 1);
}

// Each rank counted its own rows: the model that is judged, and written, is rank 0's.
TEST(Evaluate, GivesAllRanksTheBuffersOfTheFirst) {
  dist::as_ranks(3, [&](dist::ProcessGroup& group) {
    Echo network;
    network.kept = {at::full({4}, group.rank() + 0.5F), at::full({}, group.rank(), at::kLong)};
    ASSERT_TRUE(evaluate(network, sure_samples(7, 3), kPlain, group, {}));
    EXPECT_TRUE(network.kept[0].equal(at::full({4}, 0.5F))) << group.rank();
    EXPECT_EQ(network.kept[1].item<int64_t>(), 0) << group.rank();
  });
}

// Of each place of a row, over ranks with unlike parts.
TEST(Evaluate, OfTokensTellsTheMeansOverAllPlacesAndTakesRowsByTheirPlaces) {
  constexpr int64_t kLength = 200, kTokens = 3;
  auto samples =
      samples_of(at::randn({7, kLength, kTokens}), at::arange(7 * kLength).view({7, -1}) % kTokens);
  samples.table.classes.numbers = {0, 1, 2};
  const auto flat = samples.inputs.view({-1, kTokens}), wanted = samples.targets.flatten();
  const double loss = kPlain.sum(flat, wanted).item<double>() / (7 * kLength);
  const double right = flat.argmax(1).eq(wanted).to(at::kDouble).mean().item<double>();
  for (int ranks = 1; ranks <= 3; ++ranks)
    dist::as_ranks(ranks, [&](dist::ProcessGroup& group) {
      Echo network;
      network.tokens = kTokens;
      const auto metrics = evaluate(network, samples, kPlain, group, {});
      ASSERT_TRUE(metrics) << metrics.error().message();
      EXPECT_THAT(*metrics, ElementsAre(Pair("accuracy", DoubleNear(right, 1e-9)),
                                        Pair("logLoss", DoubleNear(loss, 1e-5)),
                                        Pair("loss", DoubleNear(loss, 1e-5)),
                                        Pair("perplexity", DoubleNear(std::exp(loss), 1e-4))));
      EXPECT_THAT(network.given, Each(Le(2)));
    });
}

TEST(Evaluate, TakesARanksRowsInChunksOfWhichTheLastMayBeSmaller) {
  Echo network;
  const auto group = dist::join_group({});
  ASSERT_TRUE(group);
  ASSERT_TRUE(evaluate(network, sure_samples(1301, 512), kPlain, **group, {}));
  EXPECT_THAT(network.given, ElementsAre(512, 512, 277));
  network.given.clear();
  ASSERT_TRUE(evaluate(network, sure_samples(10, 5), kPlain, **group, {}, {.rows_at_once = 4}));
  EXPECT_THAT(network.given, ElementsAre(4, 4, 2));
}

// 10 rows × 2 classes.
TEST(Evaluate, TellsTheAreaOfMoreScoresThanAreKeptOnlyIfItIsNeeded) {
  for (const bool needed : {false, true})
    for (const int64_t most : {19, 20})
      dist::as_ranks(2, [&](dist::ProcessGroup& group) {
        Echo network;
        const auto metrics = evaluate(network, sure_samples(10, 5), kPlain, group, {},
                                      {.needs_auc = needed, .most_scores = most});
        ASSERT_TRUE(metrics) << metrics.error().message();
        EXPECT_EQ(metrics->contains("auc"), needed || most == 20) << needed << " " << most;
        EXPECT_EQ(metrics->size(), metrics->contains("auc") ? 5U : 4U);
      });
}

}  // namespace
}  // namespace cresset::train::evaluation_test
