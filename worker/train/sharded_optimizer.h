#pragma once
// The optimizer of a network on all ranks together. Its state is the same on every rank
// (Replicated), or each rank keeps that of a part of the parameters alone, moves these, and gives
// them to the others (Sharded: stage 1 of Rajbhandari et al., "ZeRO: Memory Optimizations Toward
// Training Trillion Parameter Models", 2020). Parameters are divided whole, by size, since some
// methods look at a parameter as a whole; so a network whose largest parameter is most of it gains
// little. What a rank moves it moves as every rank would have: the weights are the same bits. With
// one rank there is nothing to divide. Belongs to the training loop, whose ranks step together.
//
//   CRESSET_TRY(optimizer, ShardedOptimizer::make(spec, names, parameters, scales, group));
//   loss.backward();  CRESSET_CHECK(optimizer->step(0.001));

#include <ATen/ATen.h>

#include <memory>
#include <string>
#include <vector>

#include "crds/worker_contract/training_spec.h"
#include "operator/base/result.h"
#include "worker/dist/owned_tensors.h"
#include "worker/dist/process_group.h"
#include "worker/train/named_tensors.h"
#include "worker/train/optimizer/optimizer.h"

namespace cresset::train {

class ShardedOptimizer {
 public:
  // As make_optimizer() and Optimizer::scale_rates().
  static base::Result<std::unique_ptr<ShardedOptimizer>> make(
      const worker_contract::TrainingSpec& spec, std::vector<std::string> names,
      std::vector<at::Tensor> parameters, const std::vector<double>& scales,
      dist::ProcessGroup& group);

  base::Result<void> step(double learning_rate);
  // In the order and under the names of Optimizer::state_names(), however it is divided.
  NamedTensors state() const;

 private:
  ShardedOptimizer(std::vector<std::string> names, std::vector<at::Tensor> parameters,
                   dist::OwnedTensors weights, bool sharded)
      : names_(std::move(names)),
        parameters_(std::move(parameters)),
        weights_(std::move(weights)),
        sharded_(sharded) {}
  bool moves(size_t parameter) const { return !sharded_ || weights_.is_mine(parameter); }

  std::vector<std::string> names_;
  std::vector<at::Tensor> parameters_;
  dist::OwnedTensors weights_;
  bool sharded_;
  std::unique_ptr<Optimizer> own_;  // of the parameters that this rank moves
};

}  // namespace cresset::train
