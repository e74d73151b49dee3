#include <ATen/ATen.h>

#include "worker/train/optimizer/methods.h"

namespace cresset::train {

namespace {

class Adagrad : public Optimizer {
 public:
  Adagrad(const worker_contract::OptimizerSpec& spec, std::vector<std::string> names,
          Tensors parameters)
      : Optimizer(std::move(names), std::move(parameters), {"sum"}), spec_(spec) {}

 private:
  void move(const Group& group, const Tensors& gradients, double learning_rate) override {
    at::_fused_adagrad_(group.parameters, gradients, group.slots[0], group.steps, learning_rate,
                        /*lr_decay=*/0, spec_.weight_decay, spec_.epsilon, /*maximize=*/false);
  }

  worker_contract::OptimizerSpec spec_;
};

}  // namespace

MadeOptimizer make_adagrad(const worker_contract::OptimizerSpec& spec,
                           std::vector<std::string> names, std::vector<at::Tensor> parameters) {
  return std::make_unique<Adagrad>(spec, std::move(names), std::move(parameters));
}

}  // namespace cresset::train
