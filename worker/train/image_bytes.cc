#include "worker/train/image_bytes.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "worker/device/device.h"
#include "worker/device/kernels.h"

namespace cresset::train {

namespace {

constexpr int64_t kRowsAtOnce = 256;  // looked at
constexpr double kGreatest = 255;

}  // namespace

ImageBytes::ImageBytes(at::Tensor bytes, const model::Channels& channels)
    : bytes_(std::move(bytes)),
      mean_(at::tensor(channels.mean)),
      inverse_(at::tensor(channels.inverse)) {}

std::optional<ImageBytes> ImageBytes::of(const at::Tensor& inputs,
                                         const std::optional<model::Channels>& channels) {
  if (!channels) return std::nullopt;
  ImageBytes images(at::empty(inputs.sizes(), at::kByte), *channels);
  const auto mean = images.mean_.view({-1, 1, 1}), inverse = images.inverse_.view({-1, 1, 1});
  for (int64_t first = 0; first < inputs.size(0); first += kRowsAtOnce) {
    const auto size = std::min(kRowsAtOnce, inputs.size(0) - first);
    const auto floats = inputs.narrow(0, first, size);
    auto bytes = images.bytes_.narrow(0, first, size);
    bytes.copy_(floats.div(inverse).add_(mean).round_().nan_to_num_().clamp_(0, kGreatest));
    if (!images.floats_of(bytes).equal(floats)) return std::nullopt;
  }
  return images;
}

at::Tensor ImageBytes::floats_of(const at::Tensor& bytes) const {
  const auto place = bytes.device();
  return device::cast_and_scale(bytes, device::moved(mean_, place), device::moved(inverse_, place),
                                at::kFloat);
}

at::Tensor ImageBytes::rows(const at::Tensor& numbers, const c10::Device& device) const {
  return floats_of(device::moved(device::gather_rows(bytes_, numbers, device), device));
}

}  // namespace cresset::train
