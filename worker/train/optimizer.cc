#include "worker/train/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace cresset::train {

AdamW::AdamW(const worker_contract::OptimizerSpec& spec, std::vector<std::string> names,
             std::vector<at::Tensor> parameters)
    : spec_(spec),
      names_(std::move(names)),
      parameters_(std::move(parameters)),
      steps_(at::zeros({}, at::kFloat)) {
  for (const auto& parameter : parameters_) {
    means_.push_back(at::zeros_like(parameter.detach()));
    squares_.push_back(at::zeros_like(parameter.detach()));
  }
}

void AdamW::step() {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients;
  for (const auto& parameter : parameters_) gradients.push_back(parameter.grad());
  steps_.add_(1);
  const std::vector<at::Tensor> steps(parameters_.size(), steps_);
  at::_fused_adamw_(parameters_, gradients, means_, squares_, {}, steps, spec_.learning_rate,
                    spec_.beta1, spec_.beta2, spec_.weight_decay, spec_.epsilon, false, false);
}

std::vector<std::string> AdamW::state_names() const {
  std::vector<std::string> names{"steps"};
  for (const auto& name : names_) {
    names.push_back(name + ".mean");
    names.push_back(name + ".square");
  }
  return names;
}

std::vector<at::Tensor> AdamW::state() const {
  std::vector<at::Tensor> state{steps_};
  for (size_t i = 0; i < names_.size(); ++i) {
    state.push_back(means_[i]);
    state.push_back(squares_[i]);
  }
  return state;
}

}  // namespace cresset::train
