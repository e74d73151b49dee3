#pragma once
// One pass of the network over some samples, in the job's precision. A function; the caller owns
// everything.

#include <ATen/ATen.h>

#include <optional>
#include <string>

#include "worker/model/network.h"

namespace cresset::train {

// Of matrix products and convolutions; weights and sums are float in any case. Nothing: float.
using Precision = std::optional<at::ScalarType>;
// Of spec.training.precision: fp32, bf16 or fp16.
Precision precision_of(const std::string& name);

// Logits in float.
at::Tensor forward(model::Network& network, const at::Tensor& inputs, Precision precision);

}  // namespace cresset::train
