#include <ATen/ATen.h>

#include "worker/train/optimizer/methods.h"

namespace cresset::train {

namespace {

class Sgd : public Optimizer {
 public:
  Sgd(const worker_contract::OptimizerSpec& spec, std::vector<std::string> names,
      Tensors parameters)
      : Optimizer(
            std::move(names), std::move(parameters),
            spec.momentum > 0 ? std::vector<std::string>{"momentum"} : std::vector<std::string>{}),
        spec_(spec) {}

 private:
  // The first step's momentum is the whole gradient, whatever the dampening.
  void move(const Group& group, const Tensors& gradients, double learning_rate) override {
    at::_fused_sgd_(group.parameters, gradients, spec_.momentum > 0 ? group.slots[0] : Tensors{},
                    spec_.weight_decay, spec_.momentum, learning_rate, spec_.dampening,
                    spec_.nesterov, /*maximize=*/false, /*is_first_step=*/steps() == 1);
  }

  worker_contract::OptimizerSpec spec_;
};

}  // namespace

MadeOptimizer make_sgd(const worker_contract::OptimizerSpec& spec, std::vector<std::string> names,
                       std::vector<at::Tensor> parameters) {
  return std::make_unique<Sgd>(spec, std::move(names), std::move(parameters));
}

}  // namespace cresset::train
