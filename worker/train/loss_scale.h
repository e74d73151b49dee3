#pragma once
// Dynamic loss scaling for fp16, whose small gradients would be zero: the loss is multiplied by a
// scale before the backward pass, the gradients are divided by it after their sum over the ranks,
// and a step whose gradients are not finite is left out and halves the scale; after 2,000 good
// steps in a row it doubles. Numbers and rules are those of PyTorch's GradScaler, but that a scale
// below 2^-16 is an error: 33 steps in a row are left out from the first scale (2^16), one more for
// each time that it had doubled. A forward pass that overflows, whose loss is no number, has such
// gradients too. All ranks see the same gradients and decide the same. Belongs to the training
// loop.
//
//   (loss * scale.value()).backward();  CRESSET_TRY(finite, scale.unscale(parameters));

#include <ATen/ATen.h>

#include <vector>

#include "operator/base/result.h"
#include "worker/train/named_tensors.h"

namespace cresset::train {

class LossScale {
 public:
  LossScale();

  double value() const { return scale_.item<double>(); }
  // Divides the parameters' gradients by the scale and says whether all are finite; the next scale
  // follows from that. An error when even the smallest scale did not help.
  base::Result<bool> unscale(const std::vector<at::Tensor>& parameters);
  // "lossScale.value", "lossScale.goodSteps".
  NamedTensors state() const;

 private:
  at::Tensor scale_;
  at::Tensor good_steps_;  // since the scale changed
};

}  // namespace cresset::train
