#include "worker/train/optimizer.h"

#include <gtest/gtest.h>
#include <torch/optim/adamw.h>

namespace cresset::train {
namespace {

std::vector<at::Tensor> make_parameters() {
  return {at::arange(6, at::kFloat).sin().view({2, 3}).clone().requires_grad_(true),
          at::arange(3, at::kFloat).cos().clone().requires_grad_(true)};
}

void set_gradients(std::vector<at::Tensor>& parameters, int step) {
  for (auto& parameter : parameters)
    parameter.mutable_grad() = (parameter.detach() * (step + 1)).cos() * 0.1;
}

TEST(AdamW, MovesAsPyTorchsOwnDoes) {
  const worker_contract::OptimizerSpec spec{
      .learning_rate = 0.01, .weight_decay = 0.1, .beta1 = 0.8, .beta2 = 0.95};
  auto ours = make_parameters(), theirs = make_parameters();
  AdamW optimizer(spec, {"a", "b"}, ours);
  torch::optim::AdamW reference(
      theirs,
      torch::optim::AdamWOptions(0.01).weight_decay(0.1).betas({0.8, 0.95}).eps(spec.epsilon));
  for (int step = 0; step < 50; ++step) {
    set_gradients(ours, step);
    set_gradients(theirs, step);
    optimizer.step();
    reference.step();
  }
  for (size_t i = 0; i < ours.size(); ++i)
    EXPECT_TRUE(ours[i].allclose(theirs[i], 1e-5, 1e-6)) << ours[i] << theirs[i];
}

TEST(AdamW, ItsStateHasANameForEachTensor) {
  AdamW optimizer({}, {"a", "b"}, make_parameters());
  EXPECT_EQ(optimizer.state_names(),
            (std::vector<std::string>{"steps", "a.mean", "a.square", "b.mean", "b.square"}));
  EXPECT_EQ(optimizer.state().size(), 5U);
}

}  // namespace
}  // namespace cresset::train
