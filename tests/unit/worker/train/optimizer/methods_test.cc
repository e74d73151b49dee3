// Every method against what PyTorch's own does, by the table that
// tests/bench/references/optimizers.py printed.
#include "worker/train/optimizer/methods.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <set>

#include "crds/worker_contract/optimizers.h"

namespace cresset::train {
namespace {

using base::Json;

Json reference() {
  const char* root = std::getenv("CRESSET_SOURCE_DIR");
  std::ifstream file(std::string(root == nullptr ? "." : root) +
                     "/tests/bench/references/optimizers.json");
  return base::parse_json(std::string(std::istreambuf_iterator<char>(file), {})).value();
}

worker_contract::OptimizerSpec decode(const Json& optimizer) {
  const Json training{{"data", {{"train", {{"uri", "file:///a.csv"}}}, {"label", "b"}}},
                      {"optimizer", optimizer}};
  return worker_contract::decode_training(training, "t").value().optimizer;
}

std::vector<at::Tensor> make_parameters() {
  std::vector<at::Tensor> parameters;
  for (const int64_t size : {6, 3})
    parameters.push_back(((at::arange(size, at::kFloat) * 5).remainder(7) - 3).div(8));
  return parameters;
}

void set_gradients(const std::vector<at::Tensor>& parameters, int64_t step) {
  for (const auto& parameter : parameters)
    parameter.mutable_grad() =
        ((at::arange(parameter.numel(), at::kFloat) * 7 + step * 13).remainder(11) - 5).div(16);
}

void walk(Optimizer& optimizer, const std::vector<at::Tensor>& parameters,
          const worker_contract::OptimizerSpec& spec, int64_t from, int64_t to) {
  for (int64_t step = from; step < to; ++step) {
    set_gradients(parameters, step);
    optimizer.step(spec.learning_rate);
  }
}

std::unique_ptr<Optimizer> made(const worker_contract::OptimizerSpec& spec,
                                const std::vector<at::Tensor>& parameters) {
  return make_optimizer(spec, {"a", "b"}, parameters).value();
}

TEST(OptimizerMethods, MoveParametersAsPyTorchsDoToTheLastPrintedDigit) {
  const Json table = reference();
  ASSERT_FALSE(table["optimizers"].empty());
  for (const auto& row : table["optimizers"]) {
    const auto spec = decode(row["spec"]);
    const auto parameters = make_parameters();
    const auto optimizer = made(spec, parameters);
    walk(*optimizer, parameters, spec, 0, table["steps"].get<int64_t>());
    for (size_t i = 0; i < parameters.size(); ++i)
      for (int64_t j = 0; j < parameters[i].numel(); ++j) {
        const double theirs = row["parameters"][i][static_cast<size_t>(j)].get<double>();
        EXPECT_NEAR(parameters[i][j].item<double>(), theirs, 1e-6 * std::max(0.1, std::abs(theirs)))
            << row["spec"];
      }
  }
}

TEST(OptimizerMethods, GoOnBitByBitFromTheirNamedState) {
  const Json table = reference();
  for (const auto& row : table["optimizers"]) {
    const auto spec = decode(row["spec"]);
    const auto whole = make_parameters(), first = make_parameters();
    const auto one = made(spec, whole), other = made(spec, first);
    walk(*one, whole, spec, 0, 9);
    walk(*other, first, spec, 0, 4);
    std::vector<at::Tensor> second;
    for (const auto& parameter : first) second.push_back(parameter.clone());
    const auto restored = made(spec, second);
    ASSERT_EQ(restored->state_names(), other->state_names());
    for (size_t i = 0; i < other->state().size(); ++i)
      restored->state()[i].copy_(other->state()[i]);
    walk(*restored, second, spec, 4, 9);
    for (size_t i = 0; i < whole.size(); ++i) EXPECT_TRUE(second[i].equal(whole[i])) << row["spec"];
  }
}

// As PyTorch's groups of parameters: decay, moments and trust are each parameter's own.
TEST(OptimizerMethods, WithScalesMoveEachParameterAsAloneAtItsRate) {
  const Json table = reference();
  for (const auto& row : table["optimizers"]) {
    const auto spec = decode(row["spec"]);
    const auto scaled = make_parameters(), slow = make_parameters(), fast = make_parameters();
    const auto one = made(spec, scaled), other = made(spec, slow), third = made(spec, fast);
    one->scale_rates({0.25, 3});
    for (int64_t step = 0; step < 9; ++step) {
      for (const auto& parameters : {scaled, slow, fast}) set_gradients(parameters, step);
      one->step(spec.learning_rate);
      other->step(spec.learning_rate * 0.25);
      third->step(spec.learning_rate * 3);
    }
    EXPECT_TRUE(scaled[0].equal(slow[0])) << row["spec"];
    EXPECT_TRUE(scaled[1].equal(fast[1])) << row["spec"];
    EXPECT_FALSE(slow[0].equal(fast[0])) << row["spec"];
    ASSERT_EQ(one->state_names(), other->state_names());
    EXPECT_EQ(one->state()[0].item<float>(), 9);
  }
}

TEST(OptimizerMethods, AreThoseOfTheRegistryAndEachIsHeldToTheTable) {
  const Json table = reference();
  std::set<std::string> in_table;
  for (const auto& row : table["optimizers"])
    in_table.insert(row["spec"]["name"].get<std::string>());
  for (const auto name : worker_contract::optimizer_names()) {
    worker_contract::OptimizerSpec spec{.name = std::string(name)};
    EXPECT_TRUE(make_optimizer(spec, {"a", "b"}, make_parameters())) << name;
    EXPECT_TRUE(in_table.contains(spec.name)) << name;
  }
  const auto none = make_optimizer({.name = "magic"}, {}, {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message(),
            "spec.training.optimizer.name is \"magic\"; allowed: adagrad, adam, adamw, lamb, sgd");
}

TEST(OptimizerMethods, NameTheirStateByParameterAndSlot) {
  EXPECT_EQ(made({}, make_parameters())->state_names(),
            (std::vector<std::string>{"steps", "a.mean", "a.square", "b.mean", "b.square"}));
  EXPECT_EQ(made({.name = "sgd"}, make_parameters())->state_names(),
            std::vector<std::string>{"steps"});
  EXPECT_EQ(made({.name = "sgd", .momentum = 0.9}, make_parameters())->state_names(),
            (std::vector<std::string>{"steps", "a.momentum", "b.momentum"}));
  EXPECT_EQ(made({.name = "adagrad"}, make_parameters())->state_names(),
            (std::vector<std::string>{"steps", "a.sum", "b.sum"}));
}

}  // namespace
}  // namespace cresset::train
