#pragma once
// Memory of this process as a tensor that calls itself one of a GPU; `values` outlive it.

#include <ATen/ATen.h>

#include <vector>

namespace cresset::device {

inline at::Tensor as_if_on_a_gpu(std::vector<float>& values, at::ScalarType type = at::kFloat) {
  const auto bytes = values.size() * sizeof(float);
  c10::Storage storage(c10::Storage::use_byte_size_t(), bytes,
                       c10::DataPtr(values.data(), c10::Device("cuda:0")));
  auto tensor = at::detail::make_tensor<c10::TensorImpl>(
      std::move(storage), c10::DispatchKeySet(c10::DispatchKey::CUDA),
      c10::scalarTypeToTypeMeta(type));
  const auto size = bytes / c10::elementSize(type);
  tensor.unsafeGetTensorImpl()->set_sizes_contiguous({static_cast<int64_t>(size)});
  return tensor;
}

}  // namespace cresset::device
