#include <ATen/ATen.h>

#include "worker/train/optimizer/methods.h"

namespace cresset::train {

namespace {

class AdamW : public Optimizer {
 public:
  AdamW(const worker_contract::OptimizerSpec& spec, std::vector<std::string> names,
        Tensors parameters)
      : Optimizer(std::move(names), std::move(parameters), {"mean", "square"}), spec_(spec) {}

 private:
  void move(const Group& group, const Tensors& gradients, double learning_rate) override {
    at::_fused_adamw_(group.parameters, gradients, group.slots[0], group.slots[1], {}, group.steps,
                      learning_rate, spec_.beta1, spec_.beta2, spec_.weight_decay, spec_.epsilon,
                      /*amsgrad=*/false,
                      /*maximize=*/false);
  }

  worker_contract::OptimizerSpec spec_;
};

}  // namespace

MadeOptimizer make_adamw(const worker_contract::OptimizerSpec& spec, std::vector<std::string> names,
                         std::vector<at::Tensor> parameters) {
  return std::make_unique<AdamW>(spec, std::move(names), std::move(parameters));
}

}  // namespace cresset::train
