#pragma once
// Training images held as the bytes that their pixels were, a quarter of the memory of floats,
// where preprocessing did nothing but scale each channel. A batch gets the floats that
// preprocessing made, bit for bit: that they can be made again is looked at, value by value, before
// they are let go. Moved, not copied; const functions may be called by any thread.
//
//   if (auto images = ImageBytes::of(inputs, preprocessing.channels())) inputs = at::Tensor();
//   …images->rows(numbers)…

#include <ATen/ATen.h>

#include <optional>

#include "worker/model/preprocess.h"

namespace cresset::train {

class ImageBytes {
 public:
  // Nothing when there are no channels that say what pixels became `inputs`, of [rows, channels,
  // height, width], or some of those were no bytes.
  static std::optional<ImageBytes> of(const at::Tensor& inputs,
                                      const std::optional<model::Channels>& channels);

  // Those of these numbers, in float, on the device: it is bytes that travel there.
  at::Tensor rows(const at::Tensor& numbers, const c10::Device& device = at::kCPU) const;

 private:
  ImageBytes(at::Tensor bytes, const model::Channels& channels);
  at::Tensor floats_of(const at::Tensor& bytes) const;

  at::Tensor bytes_, mean_, inverse_;  // on the CPU
};

}  // namespace cresset::train
