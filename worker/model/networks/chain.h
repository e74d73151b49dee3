#pragma once
// Layers one after another, as torch::nn::Sequential, for the architectures that are no more than
// that. Layers are pushed one by one: the arguments of a constructor would be made in an order of
// the compiler's choice, and the seeded weights would differ from PyTorch's.

#include <torch/nn/modules/container/sequential.h>

#include "worker/model/networks/builder.h"

namespace cresset::model::networks {

// linear, ReLU and, when `dropout` is above 0, dropout
void add_hidden(torch::nn::Sequential& layers, int64_t inputs, int64_t outputs, double dropout);

// Their last one is the head.
Layers chain(torch::nn::Sequential layers);

}  // namespace cresset::model::networks
