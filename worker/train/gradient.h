#pragma once
// Clipping of gradients after they were summed over the ranks, so that each rank does the same:
// PyTorch's clip_grad_norm_ (by the norm of all gradients together) and clip_grad_value_. A
// function; the gradients are those of the parameters it is given and change in place.

#include <ATen/ATen.h>

#include <vector>

#include "crds/worker_contract/gradient_spec.h"

namespace cresset::train {

void clip_gradients(const std::vector<at::Tensor>& parameters,
                    const worker_contract::GradientSpec& spec);

}  // namespace cresset::train
