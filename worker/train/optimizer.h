#pragma once
// AdamW with torch's fused kernel: one call for all parameters. Its state is plain named tensors,
// so that a checkpoint is safetensors like the weights. Belongs to the training loop.

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "crds/worker_contract/training_spec.h"

namespace cresset::train {

class AdamW {
 public:
  AdamW(const worker_contract::OptimizerSpec& spec, std::vector<std::string> names,
        std::vector<at::Tensor> parameters);

  // Moves the parameters by their gradients.
  void step();

  // "NAME.mean", "NAME.square" for each parameter and "steps".
  std::vector<std::string> state_names() const;
  std::vector<at::Tensor> state() const;

 private:
  worker_contract::OptimizerSpec spec_;
  std::vector<std::string> names_;
  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> means_;
  std::vector<at::Tensor> squares_;
  at::Tensor steps_;
};

}  // namespace cresset::train
