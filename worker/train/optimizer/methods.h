#pragma once
// The methods that make_optimizer() (optimizer.h) chooses from, each in the file of its name (adamw
// in adam.cc): one function that makes it, for what its parameters mean see
// crds/worker_contract/optimizers.h. Private to this folder.

#include "worker/train/optimizer/optimizer.h"

namespace cresset::train {

using MadeOptimizer = std::unique_ptr<Optimizer>;

// torch.optim.SGD: with momentum the step is the running sum of gradients.
MadeOptimizer make_sgd(const worker_contract::OptimizerSpec& spec, std::vector<std::string> names,
                       std::vector<at::Tensor> parameters);
// torch.optim.Adam: weight decay as an L2 penalty in the gradient.
MadeOptimizer make_adam(const worker_contract::OptimizerSpec& spec, std::vector<std::string> names,
                        std::vector<at::Tensor> parameters);
// torch.optim.AdamW: weight decay beside the gradient.
MadeOptimizer make_adamw(const worker_contract::OptimizerSpec& spec, std::vector<std::string> names,
                         std::vector<at::Tensor> parameters);
// torch.optim.Adagrad without a decay of the learning rate, which the schedule is for.
MadeOptimizer make_adagrad(const worker_contract::OptimizerSpec& spec,
                           std::vector<std::string> names, std::vector<at::Tensor> parameters);
// You et al., "Large Batch Optimization for Deep Learning" (2020), algorithm 2, with the identity
// for its function of the weights' norm.
MadeOptimizer make_lamb(const worker_contract::OptimizerSpec& spec, std::vector<std::string> names,
                        std::vector<at::Tensor> parameters);

}  // namespace cresset::train
