#include "worker/model/networks/chain.h"

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>

namespace cresset::model::networks {

namespace nn = torch::nn;

void add_hidden(nn::Sequential& layers, int64_t inputs, int64_t outputs, double dropout) {
  layers->push_back(nn::Linear(inputs, outputs));
  layers->push_back(nn::ReLU());
  if (dropout > 0) layers->push_back(nn::Dropout(dropout));
}

Layers chain(nn::Sequential layers) {
  return {.module = layers.ptr(),
          .forward = [layers](const at::Tensor& x) mutable { return layers->forward(x); },
          .head = std::to_string(layers->size() - 1),
          .check = {}};
}

}  // namespace cresset::model::networks
