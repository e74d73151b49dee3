#pragma once
// The kernels of worker/cpu and worker/cuda over tensors. Which one runs follows from where the
// tensors lie, all of them in one place: on a GPU in the order of libtorch's current stream, on the
// CPU on libtorch's threads. They are used as operations of ATen are, and as these throw
// c10::Error, also for tensors of a GPU in a build without kernels for them. Autograd does not
// follow them. Any thread.
//
//   const auto batch = gather_rows(table, numbers);
//   pack_bf16(gradients, bucket);  …sum the bucket over the ranks…  unpack_bf16(bucket, gradients);

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <vector>

namespace at {
class Tensor;
}

namespace cresset::device {

// table.index_select(0, indices). The table is contiguous, the indices int64. What goes to a GPU
// next (moved() of device.h) is put into page-locked memory at once.
at::Tensor gather_rows(const at::Tensor& table, const at::Tensor& indices);
at::Tensor gather_rows(const at::Tensor& table, const at::Tensor& indices, const c10::Device& next);

// (byte - mean[channel]) * inverse[channel], computed in float. `images` are bytes, contiguous, at
// least of two dimensions, the second of channels; of floats `mean` and `inverse`. What comes out
// is of `type`: float or bf16.
at::Tensor cast_and_scale(const at::Tensor& images, const at::Tensor& mean,
                          const at::Tensor& inverse, at::ScalarType type);

// The parts, of floats and dense, one after another, as they lie, in the bf16 of `bucket`, and
// back; they fill it.
void pack_bf16(const std::vector<at::Tensor>& parts, const at::Tensor& bucket);
void unpack_bf16(const at::Tensor& bucket, const std::vector<at::Tensor>& parts);

}  // namespace cresset::device
