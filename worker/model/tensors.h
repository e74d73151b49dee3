#pragma once
// Named tensors as safetensors bytes and back into tensors that exist, and shapes as errors name
// them. Pure but for the tensors
// written to.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operator/base/result.h"
#include "worker/model/safetensors.h"

namespace at {
class Tensor;
}

namespace cresset::model {

std::string words(std::span<const int64_t> shape);  // "[2, 3]"

std::string encode_tensors(const std::vector<std::string>& names,
                           const std::vector<at::Tensor>& tensors, const SafeMetadata& metadata);
// The same file, of tensors some of which are elsewhere (on the meta device): `fetch` is given
// memory of the file itself for each of these, in their order.
using FetchTensor = std::function<base::Result<void>(size_t index, const at::Tensor& into)>;
base::Result<std::string> encode_fetched(const std::vector<std::string>& names,
                                         const std::vector<at::Tensor>& tensors,
                                         const FetchTensor& fetch);

// Copies into `tensors`, whose names, types and shapes must be the file's, no more and no less.
base::Result<void> decode_tensors(std::string_view bytes, const std::vector<std::string>& names,
                                  const std::vector<at::Tensor>& tensors);
// Views of the file's bytes instead, one for each of `tensors`, of which the shape alone counts.
base::Result<std::vector<at::Tensor>> views_of(std::string_view bytes,
                                               const std::vector<std::string>& names,
                                               const std::vector<at::Tensor>& tensors);

// What `entry` holds, as a tensor over its bytes that can be copied into `like`: of the same shape,
// and of the same type or both of floats.
base::Result<at::Tensor> view_of(const SafeTensor& entry, const at::Tensor& like);

}  // namespace cresset::model
