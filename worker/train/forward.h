#pragma once
// One pass of the network over some samples: the sum of the losses, in the job's precision, and for
// validation the sums over all ranks. Functions; the caller owns everything.

#include <ATen/ATen.h>

#include <map>
#include <string>

#include "operator/base/result.h"
#include "worker/dist/process_group.h"
#include "worker/model/network.h"
#include "worker/train/loss.h"
#include "worker/train/training_data.h"

namespace cresset::train {

// bf16: matrix products and convolutions in bfloat16, weights and sums in float.
at::Tensor forward(model::Network& network, const at::Tensor& inputs, bool bf16);

// "accuracy" and "loss" (what training makes small) over all rows, each rank computing its part of
// them. Leaves the network in training mode. Empty when there are no rows.
base::Result<std::map<std::string, double>> evaluate(model::Network& network,
                                                     const Samples& samples, const Loss& loss,
                                                     dist::ProcessGroup& group, bool bf16);

}  // namespace cresset::train
