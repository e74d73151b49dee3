// Losses against PyTorch's and metrics against scikit-learn's, over ranks with unlike parts, by the
// table that tests/bench/references/goals.py printed.
#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "tests/unit/worker/dist/ranks.h"
#include "worker/data/core/sharding.h"
#include "worker/train/evaluation.h"
#include "worker/train/loss.h"

namespace cresset::train::goals_reference_test {
namespace {

using base::Json;

Json table() {
  const char* root = std::getenv("CRESSET_SOURCE_DIR");
  std::ifstream file(std::string(root == nullptr ? "." : root) +
                     "/tests/bench/references/goals.json");
  return base::parse_json(std::string(std::istreambuf_iterator<char>(file), {})).value();
}

at::Tensor tensor_of(const Json& rows) {
  std::vector<double> values;
  for (const auto& row : rows)
    for (const auto& value : row) values.push_back(value.get<double>());
  return at::tensor(values, at::kFloat).view({static_cast<int64_t>(rows.size()), -1});
}

std::unique_ptr<Loss> loss_of(const Json& row) {
  const auto goal = worker_contract::decode_goal(row["spec"], "goal").value();
  if (goal.name == worker_contract::kRegression) return std::make_unique<Distance>(goal);
  return std::make_unique<BinaryCrossEntropy>(row["weights"].get<std::vector<double>>());
}

TEST(GoalsReference, LossesOverPartsAddUpToPyTorchsMean) {
  const Json losses = table()["losses"];
  ASSERT_EQ(losses.size(), 10U);
  for (const auto& row : losses) {
    const auto loss = loss_of(row);
    const auto outputs = tensor_of(row["outputs"]), targets = tensor_of(row["targets"]);
    for (int64_t parts = 1; parts <= 4; ++parts) {
      double sum = 0, divisor = 0;
      for (int64_t part = 0; part < parts; ++part) {
        const auto rows = data::shard(outputs.size(0), part, parts);
        const auto some = targets.narrow(0, rows.begin, rows.size());
        sum += loss->sum(outputs.narrow(0, rows.begin, rows.size()), some).item<double>();
        divisor += loss->divisor(some);
      }
      const double wanted = row["loss"].get<double>();
      EXPECT_NEAR(sum / divisor, wanted, 1e-6 * wanted) << row["spec"] << parts;
    }
  }
}

// Its input is its output.
class Echo : public model::Network {
 public:
  at::Tensor forward(const at::Tensor& samples) override { return samples; }
  std::vector<std::string> names() const override { return {}; }
  std::vector<at::Tensor> parameters() const override { return {}; }
  void move_to(const c10::Device&) override {}
  void set_training(bool) override {}
};

Samples samples_of(const Json& row) {
  Samples samples;
  samples.inputs = tensor_of(row["outputs"]);
  samples.table.rows = samples.inputs.size(0);
  if (row["goal"] == "Classification") {
    samples.targets = at::tensor(row["targets"].get<std::vector<int64_t>>(), at::kLong);
    for (int64_t code = 0; code < samples.inputs.size(1); ++code)
      samples.table.classes.numbers.push_back(code);
    return samples;
  }
  samples.targets = tensor_of(row["targets"]);
  const bool numbers = row["goal"] == "Regression";
  samples.table.label_kind = numbers ? data::LabelKind::kNumbers : data::LabelKind::kFlags;
  if (numbers)
    for (const auto& deviation : row["deviations"])
      samples.predicted.push_back({.name = "y", .deviation = deviation.get<double>()});
  return samples;
}

std::unique_ptr<Loss> any_loss(const Json& row) {
  if (row["goal"] == "Classification")
    return std::make_unique<CrossEntropy>(0, std::vector<double>());
  return std::make_unique<Distance>(worker_contract::GoalSpec{});
}

TEST(GoalsReference, MetricsAreScikitLearnsForAnyNumberOfRanks) {
  const Json metrics = table()["metrics"];
  ASSERT_EQ(metrics.size(), 6U);
  for (const auto& row : metrics)
    for (int ranks = 1; ranks <= 4; ++ranks) {
      const auto samples = samples_of(row);
      const auto loss = any_loss(row);
      dist::as_ranks(ranks, [&](dist::ProcessGroup& group) {
        Echo network;
        const auto told = evaluate(network, samples, *loss, group, {}, {.rows_at_once = 2});
        ASSERT_TRUE(told) << told.error().message();
        EXPECT_EQ(told->size(), row["metrics"].size() + 1) << row["goal"];  // and the loss
        for (const auto& [name, value] : row["metrics"].items())
          EXPECT_NEAR(told->at(name), value.get<double>(), 2e-6) << row["goal"] << name << ranks;
      });
    }
}

}  // namespace
}  // namespace cresset::train::goals_reference_test
