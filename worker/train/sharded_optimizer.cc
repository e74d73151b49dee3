#include "worker/train/sharded_optimizer.h"

namespace cresset::train {

using base::Result;

namespace {

std::vector<int> owners_of(const std::vector<at::Tensor>& parameters, int ranks) {
  std::vector<int64_t> sizes;
  for (const auto& parameter : parameters) sizes.push_back(parameter.numel());
  return dist::balanced_owners(sizes, ranks);
}

}  // namespace

Result<std::unique_ptr<ShardedOptimizer>> ShardedOptimizer::make(
    const worker_contract::TrainingSpec& spec, std::vector<std::string> names,
    std::vector<at::Tensor> parameters, const std::vector<double>& scales,
    dist::ProcessGroup& group) {
  const bool sharded = spec.parallel.optimizer_state == "Sharded" && group.size() > 1;
  dist::OwnedTensors weights(parameters, owners_of(parameters, group.size()), group,
                             spec.parallel.bucket_bytes);
  std::unique_ptr<ShardedOptimizer> made(
      new ShardedOptimizer(std::move(names), std::move(parameters), std::move(weights), sharded));
  std::vector<std::string> own_names;
  std::vector<at::Tensor> own;
  std::vector<double> own_scales;
  for (size_t i = 0; i < made->names_.size(); ++i) {
    if (!made->moves(i)) continue;
    own_names.push_back(made->names_[i]);
    own.push_back(made->parameters_[i]);
    own_scales.push_back(scales[i]);
  }
  CRESSET_TRY(optimizer, make_optimizer(spec.optimizer, std::move(own_names), std::move(own)));
  optimizer->scale_rates(own_scales);
  made->own_ = std::move(optimizer);
  return made;
}

Result<void> ShardedOptimizer::step(double learning_rate) {
  own_->step(learning_rate);
  return sharded_ ? weights_.share() : Result<void>();
}

NamedTensors ShardedOptimizer::state() const {
  const auto names = own_->state_names();
  const auto tensors = own_->state();
  NamedTensors state;
  state.add(names[0], tensors[0]);  // the count of steps
  size_t next = 1;
  for (size_t i = 0; i < names_.size(); ++i)
    for (const auto& slot : own_->slots()) {
      const int owner = sharded_ ? weights_.owner(i) : NamedTensors::kEveryones;
      const auto elsewhere = parameters_[i].options().device(at::kMeta).requires_grad(false);
      state.add(names_[i] + "." + slot,
                moves(i) ? tensors[next++] : at::empty(parameters_[i].sizes(), elsewhere), owner);
    }
  return state;
}

}  // namespace cresset::train
