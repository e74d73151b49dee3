#include <ATen/ATen.h>

#include "worker/train/optimizer/methods.h"

namespace cresset::train {

namespace {

// Adam and AdamW keep the same state; they differ in where the weights decay.
class Adam : public Optimizer {
 public:
  Adam(const worker_contract::OptimizerSpec& spec, std::vector<std::string> names,
       Tensors parameters, bool decays_apart)
      : Optimizer(std::move(names), std::move(parameters), {"mean", "square"}),
        spec_(spec),
        decays_apart_(decays_apart) {}

 private:
  void move(const Group& group, const Tensors& gradients, double learning_rate) override {
    const auto step = [&](const auto& fused) {
      fused(group.parameters, gradients, group.slots[0], group.slots[1], at::TensorList(),
            group.steps, learning_rate, spec_.beta1, spec_.beta2, spec_.weight_decay, spec_.epsilon,
            /*amsgrad=*/false, /*maximize=*/false);
    };
    if (decays_apart_)
      step([](const auto&... all) { at::_fused_adamw_(all...); });
    else
      step([](const auto&... all) { at::_fused_adam_(all...); });
  }

  worker_contract::OptimizerSpec spec_;
  bool decays_apart_;
};

}  // namespace

MadeOptimizer make_adam(const worker_contract::OptimizerSpec& spec, std::vector<std::string> names,
                        std::vector<at::Tensor> parameters) {
  return std::make_unique<Adam>(spec, std::move(names), std::move(parameters), false);
}

MadeOptimizer make_adamw(const worker_contract::OptimizerSpec& spec, std::vector<std::string> names,
                         std::vector<at::Tensor> parameters) {
  return std::make_unique<Adam>(spec, std::move(names), std::move(parameters), true);
}

}  // namespace cresset::train
