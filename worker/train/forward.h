#pragma once
// One pass of the network over some samples, in the job's precision. A function; the caller owns
// everything.

#include <ATen/ATen.h>

#include "worker/model/network.h"

namespace cresset::train {

// bf16: matrix products and convolutions in bfloat16, weights and sums in float.
at::Tensor forward(model::Network& network, const at::Tensor& inputs, bool bf16);

}  // namespace cresset::train
