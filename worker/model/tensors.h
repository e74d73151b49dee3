#pragma once
// Named tensors as safetensors bytes and back into tensors that exist. Pure but for the tensors
// written to.

#include <string>
#include <string_view>
#include <vector>

#include "operator/base/result.h"
#include "worker/model/safetensors.h"

namespace at {
class Tensor;
}

namespace cresset::model {

std::string encode_tensors(const std::vector<std::string>& names,
                           const std::vector<at::Tensor>& tensors, const SafeMetadata& metadata);

// Copies into `tensors`, whose names, types and shapes must be the file's, no more and no less.
base::Result<void> decode_tensors(std::string_view bytes, const std::vector<std::string>& names,
                                  const std::vector<at::Tensor>& tensors);

// What `entry` holds, as a tensor over its bytes that can be copied into `like`: of the same shape,
// and of the same type or both of floats.
base::Result<at::Tensor> view_of(const SafeTensor& entry, const at::Tensor& like);

}  // namespace cresset::model
