#include "worker/train/optimizer/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <map>
#include <set>

#include "worker/train/optimizer/methods.h"

namespace cresset::train {

Optimizer::Optimizer(std::vector<std::string> names, Tensors parameters,
                     std::vector<std::string> slots)
    : names_(std::move(names)),
      parameters_(std::move(parameters)),
      slots_(std::move(slots)),
      state_(slots_.size()),
      steps_(at::zeros({}, at::kFloat)),
      steps_of_kernels_(parameters_.empty() ? steps_ : steps_.to(parameters_.front().device())) {
  for (auto& of_slot : state_)
    for (const auto& parameter : parameters_) of_slot.push_back(at::zeros_like(parameter.detach()));
  scale_rates(std::vector<double>(parameters_.size(), 1));
}

void Optimizer::scale_rates(const std::vector<double>& scales) {
  groups_.clear();
  for (const double scale : std::set<double>(scales.begin(), scales.end())) {
    Group group{.scale = scale,
                .parameters = {},
                .slots = std::vector<Tensors>(state_.size()),
                .steps = {}};
    for (size_t i = 0; i < parameters_.size(); ++i) {
      if (scales[i] != scale) continue;
      group.parameters.push_back(parameters_[i]);
      group.steps.push_back(steps_of_kernels_);
      for (size_t slot = 0; slot < state_.size(); ++slot)
        group.slots[slot].push_back(state_[slot][i]);
    }
    groups_.push_back(std::move(group));
  }
}

void Optimizer::step(double learning_rate) {
  at::NoGradGuard no_grad;
  steps_.add_(1);
  if (!steps_of_kernels_.is_cpu()) steps_of_kernels_.fill_(steps());
  for (const auto& group : groups_) {
    Tensors gradients;
    for (const auto& parameter : group.parameters) gradients.push_back(parameter.grad());
    move(group, gradients, learning_rate * group.scale);
  }
}

std::vector<std::string> Optimizer::state_names() const {
  std::vector<std::string> names{"steps"};
  for (const auto& name : names_)
    for (const auto& slot : slots_) names.push_back(name + "." + slot);
  return names;
}

std::vector<at::Tensor> Optimizer::state() const {
  Tensors state{steps_};
  for (size_t i = 0; i < parameters_.size(); ++i)
    for (const auto& of_slot : state_) state.push_back(of_slot[i]);
  return state;
}

base::Result<std::unique_ptr<Optimizer>> make_optimizer(const worker_contract::OptimizerSpec& spec,
                                                        std::vector<std::string> names,
                                                        std::vector<at::Tensor> parameters) {
  static const std::map<std::string_view, decltype(&make_sgd)> kMakers{{"sgd", make_sgd},
                                                                       {"adam", make_adam},
                                                                       {"adamw", make_adamw},
                                                                       {"adagrad", make_adagrad},
                                                                       {"lamb", make_lamb}};
  const auto found = kMakers.find(spec.name);
  if (found != kMakers.end()) return found->second(spec, std::move(names), std::move(parameters));
  std::string known;
  for (const auto& [name, make] : kMakers) known += (known.empty() ? "" : ", ") + std::string(name);
  return base::fail(
      base::invalid("spec.training.optimizer.name is \"" + spec.name + "\"; allowed: " + known));
}

}  // namespace cresset::train
