#pragma once
// Tensors as the protocols carry them: a data type of the Open Inference Protocol, a shape, and
// row-major little-endian bytes that are either owned or a view into bytes kept alive elsewhere (a
// request's body, a batch). BYTES tensors are elements of a 4-byte length and that many bytes.
// Knows no JSON and no torch. Values, moved and never copied by accident; any thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operator/base/result.h"

namespace cresset::serve {

enum class DataType {
  kBool,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFp16,
  kBf16,
  kFp32,
  kFp64,
  kBytes,
};

std::string_view to_string(DataType type);  // "FP32"
std::optional<DataType> data_type_of(std::string_view name);
// "BOOL, UINT8, …", for errors.
std::string all_data_types();
// Bytes an element takes; 0 for BYTES, whose elements differ.
size_t size_of(DataType type);

using Shape = std::vector<int64_t>;
std::string to_string(const Shape& shape);  // "[1,28,28]"
// Product of the dimensions; nothing when one is negative or the product passes 2^62.
std::optional<int64_t> elements(const Shape& shape);

struct TensorSpec {
  std::string name;
  DataType type = DataType::kFp32;
  Shape shape;  // -1 = any; the first dimension is the rows
};

// What a served model takes and gives.
struct Signature {
  std::string model;
  std::string version = "1";
  std::string platform = "cresset";
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
};

struct Tensor {
  DataType type = DataType::kFp32;
  Shape shape;
  std::vector<std::byte> own;
  std::span<const std::byte> data;  // of `own`, or of bytes that outlive this

  Tensor() = default;
  Tensor(DataType of, Shape with, std::vector<std::byte> bytes);
  Tensor(DataType of, Shape with, std::span<const std::byte> view);
  Tensor(Tensor&&) = default;
  Tensor& operator=(Tensor&&) = default;

  int64_t rows() const { return shape.empty() ? 0 : shape.front(); }
  // A view of rows [first, first + count), sharing these bytes.
  Tensor slice(int64_t first, int64_t count) const;
};

// Inputs of `rows` rows in which everything is zero (BYTES: empty); a free dimension is taken as 1.
base::Result<std::vector<Tensor>> zeros(const Signature& signature, int64_t rows);

// Checks that `bytes` are whole BYTES elements, `count` of them.
base::Result<void> check_bytes_elements(std::span<const std::byte> bytes, int64_t count);
// The text of the next element; moves `bytes` past it. Only for checked bytes.
std::string_view next_element(std::span<const std::byte>& bytes);
void append_element(std::vector<std::byte>& bytes, std::string_view element);

}  // namespace cresset::serve
