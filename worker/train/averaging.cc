#include "worker/train/averaging.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace cresset::train {

namespace {

std::vector<at::Tensor> copies(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> made;
  for (const auto& tensor : tensors) made.push_back(tensor.detach().clone());
  return made;
}

}  // namespace

WeightAverage::WeightAverage(double decay, std::vector<std::string> names,
                             std::vector<at::Tensor> parameters)
    : decay_(decay),
      names_(std::move(names)),
      parameters_(std::move(parameters)),
      averages_(copies(parameters_)),
      updates_(at::zeros({}, at::kLong)) {}

void WeightAverage::update() {
  at::NoGradGuard no_grad;
  if (updates_.item<int64_t>() == 0)
    at::_foreach_copy_(averages_, parameters_);
  else
    at::_foreach_lerp_(averages_, parameters_, 1 - decay_);
  updates_.add_(1);
}

void WeightAverage::adopt() {
  at::NoGradGuard no_grad;
  at::_foreach_copy_(parameters_, averages_);
}

NamedTensors WeightAverage::state() const {
  NamedTensors state;
  state.add("averaging.updates", updates_);
  for (size_t i = 0; i < names_.size(); ++i) state.add(names_[i] + ".average", averages_[i]);
  return state;
}

WeightAverage::InUse::InUse(WeightAverage& average)
    : average_(average), weights_(copies(average.parameters_)) {
  average_.adopt();
}

WeightAverage::InUse::~InUse() {
  at::NoGradGuard no_grad;
  at::_foreach_copy_(average_.parameters_, weights_);
}

}  // namespace cresset::train
