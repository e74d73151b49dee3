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

}  // namespace cresset::model
