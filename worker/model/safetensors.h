#pragma once
// The safetensors format (8 bytes little-endian header length, a JSON header, raw data), which
// Python's safetensors package reads and writes. No tensors here: names, types, shapes and bytes.
// Decoding trusts nothing: lengths, offsets, overlaps, holes, types, shapes and depth are checked.
// Pure functions; decoded views point into the bytes given.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "operator/base/result.h"

namespace cresset::model {

struct SafeTensor {
  std::string name;
  std::string dtype;  // F32, F64, F16, BF16, I64, I32, I16, I8, U8, BOOL
  std::vector<int64_t> shape;
  std::string_view bytes;  // product of shape × size of dtype
};

using SafeMetadata = std::map<std::string, std::string>;

// In the order given; the data starts at a multiple of 8 bytes.
std::string encode_safetensors(const std::vector<SafeTensor>& tensors,
                               const SafeMetadata& metadata = {});
// Of tensors without bytes, which `append` puts behind what is there, each in its turn.
using AppendTensor = std::function<base::Result<void>(size_t index, std::string& out)>;
base::Result<std::string> encode_safetensors(const std::vector<SafeTensor>& tensors,
                                             const SafeMetadata& metadata,
                                             const AppendTensor& append);
// In the order of their data. Errors (invalid) say what is wrong and where.
base::Result<std::vector<SafeTensor>> decode_safetensors(std::string_view bytes);

// Bytes of one element; 0 when the type is unknown.
size_t safetensors_size(std::string_view dtype);

}  // namespace cresset::model
