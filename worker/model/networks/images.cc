#include "worker/model/networks/images.h"

#include <ATen/ATen.h>

namespace cresset::model::networks {

// Not contiguous(): an image of one channel is in either order, and layers would take it for the
// other one.
at::Tensor channels_last(const at::Tensor& images) {
  return at::empty_like(images, images.options(), at::MemoryFormat::ChannelsLast).copy_(images);
}

}  // namespace cresset::model::networks
