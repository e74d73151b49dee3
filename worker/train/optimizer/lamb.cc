#include <ATen/ATen.h>

#include <cmath>

#include "worker/train/optimizer/methods.h"

namespace cresset::train {

namespace {

// All at once: a GPU is waited for each time.
std::vector<double> on_cpu(const std::vector<at::Tensor>& norms) {
  const auto all = at::stack(norms).to(at::kCPU, at::kDouble);
  const auto* first = all.const_data_ptr<double>();
  return {first, first + all.numel()};
}

class Lamb : public Optimizer {
 public:
  Lamb(const worker_contract::OptimizerSpec& spec, std::vector<std::string> names,
       Tensors parameters)
      : Optimizer(std::move(names), std::move(parameters), {"mean", "square"}), spec_(spec) {}

 private:
  // Adam's step with decoupled decay, made as long as the layer's weights are.
  void move(const Group& group, const Tensors& gradients, double learning_rate) override {
    const auto updates = directions(group, gradients);
    const auto weights = on_cpu(at::_foreach_norm(group.parameters));
    const auto lengths = on_cpu(at::_foreach_norm(updates));
    for (size_t i = 0; i < updates.size(); ++i) {
      const double weight = weights[i], length = lengths[i];
      const double trust = weight > 0 && length > 0 ? weight / length : 1;
      group.parameters[i].add_(updates[i], -learning_rate * trust);
    }
  }

  Tensors directions(const Group& group, const Tensors& gradients) {
    const auto &means = group.slots[0], &squares = group.slots[1];
    at::_foreach_lerp_(means, gradients, 1 - spec_.beta1);
    at::_foreach_mul_(squares, spec_.beta2);
    at::_foreach_addcmul_(squares, gradients, gradients, 1 - spec_.beta2);
    auto denominators = at::_foreach_div(squares, 1 - std::pow(spec_.beta2, steps()));
    at::_foreach_sqrt_(denominators);
    at::_foreach_add_(denominators, spec_.epsilon);
    auto updates = at::_foreach_div(means, 1 - std::pow(spec_.beta1, steps()));
    at::_foreach_div_(updates, denominators);
    if (spec_.weight_decay > 0) at::_foreach_add_(updates, group.parameters, spec_.weight_decay);
    return updates;
  }

  worker_contract::OptimizerSpec spec_;
};

}  // namespace

MadeOptimizer make_lamb(const worker_contract::OptimizerSpec& spec, std::vector<std::string> names,
                        std::vector<at::Tensor> parameters) {
  return std::make_unique<Lamb>(spec, std::move(names), std::move(parameters));
}

}  // namespace cresset::train
