#include "worker/serve/core/tensor.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace cresset::serve {

namespace {

struct TypeRow {
  DataType type;
  std::string_view name;
  size_t size;
};
constexpr std::array<TypeRow, 14> kTypes{{{DataType::kBool, "BOOL", 1},
                                          {DataType::kUint8, "UINT8", 1},
                                          {DataType::kUint16, "UINT16", 2},
                                          {DataType::kUint32, "UINT32", 4},
                                          {DataType::kUint64, "UINT64", 8},
                                          {DataType::kInt8, "INT8", 1},
                                          {DataType::kInt16, "INT16", 2},
                                          {DataType::kInt32, "INT32", 4},
                                          {DataType::kInt64, "INT64", 8},
                                          {DataType::kFp16, "FP16", 2},
                                          {DataType::kBf16, "BF16", 2},
                                          {DataType::kFp32, "FP32", 4},
                                          {DataType::kFp64, "FP64", 8},
                                          {DataType::kBytes, "BYTES", 0}}};

constexpr int64_t kMostElements = int64_t{1} << 62;
constexpr int64_t kMostZeros = int64_t{1} << 32;

uint32_t length_at(std::span<const std::byte> bytes) {
  uint32_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  return length;
}

size_t bytes_of_elements(std::span<const std::byte> bytes, int64_t count) {
  auto rest = bytes;
  for (int64_t i = 0; i < count; ++i) next_element(rest);
  return bytes.size() - rest.size();
}

}  // namespace

std::string_view to_string(DataType type) { return kTypes[static_cast<size_t>(type)].name; }

std::optional<DataType> data_type_of(std::string_view name) {
  for (const auto& row : kTypes)
    if (row.name == name) return row.type;
  return std::nullopt;
}

std::string all_data_types() {
  std::string names;
  for (const auto& row : kTypes) names += (names.empty() ? "" : ", ") + std::string(row.name);
  return names;
}

size_t size_of(DataType type) { return kTypes[static_cast<size_t>(type)].size; }

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (const auto dimension : shape)
    text += (text.size() == 1 ? "" : ",") + std::to_string(dimension);
  return text + "]";
}

std::optional<int64_t> elements(const Shape& shape) {
  int64_t count = 1;
  for (const auto dimension : shape) {
    if (dimension < 0 || __builtin_mul_overflow(count, dimension, &count) || count > kMostElements)
      return std::nullopt;
  }
  return count;
}

Tensor::Tensor(DataType of, Shape with, std::vector<std::byte> bytes)
    : type(of), shape(std::move(with)), own(std::move(bytes)), data(own) {}

Tensor::Tensor(DataType of, Shape with, std::span<const std::byte> view)
    : type(of), shape(std::move(with)), data(view) {}

Tensor Tensor::slice(int64_t first, int64_t count) const {
  Shape part = shape;
  part.front() = count;
  const int64_t row = rows() == 0 ? 0 : elements(shape).value_or(0) / rows();
  if (type != DataType::kBytes) {
    const size_t stride = static_cast<size_t>(row) * size_of(type);
    return Tensor(
        type, std::move(part),
        data.subspan(static_cast<size_t>(first) * stride, static_cast<size_t>(count) * stride));
  }
  const size_t begin = bytes_of_elements(data, first * row);
  return Tensor(type, std::move(part),
                data.subspan(begin, bytes_of_elements(data.subspan(begin), count * row)));
}

base::Result<std::vector<Tensor>> zeros(const Signature& signature, int64_t rows) {
  std::vector<Tensor> inputs;
  for (const auto& spec : signature.inputs) {
    Shape shape = spec.shape;
    shape.front() = rows;
    std::replace(shape.begin(), shape.end(), int64_t{-1}, int64_t{1});
    const auto count = elements(shape);
    if (!count || *count > kMostZeros)
      return base::fail(base::invalid("input \"" + spec.name + "\" has shape " + to_string(shape) +
                                      ", too large to try"));
    const size_t width = spec.type == DataType::kBytes ? sizeof(uint32_t) : size_of(spec.type);
    inputs.emplace_back(spec.type, shape,
                        std::vector<std::byte>(static_cast<size_t>(*count) * width));
  }
  return inputs;
}

base::Result<void> check_bytes_elements(std::span<const std::byte> bytes, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    if (bytes.size() < sizeof(uint32_t))
      return base::fail(base::invalid("ends before the length of element " + std::to_string(i)));
    const size_t length = length_at(bytes);
    bytes = bytes.subspan(sizeof(uint32_t));
    if (length > bytes.size())
      return base::fail(base::invalid("element " + std::to_string(i) + " claims " +
                                      std::to_string(length) + " bytes where " +
                                      std::to_string(bytes.size()) + " are left"));
    bytes = bytes.subspan(length);
  }
  if (!bytes.empty())
    return base::fail(base::invalid("has " + std::to_string(bytes.size()) + " bytes after its " +
                                    std::to_string(count) + " elements"));
  return {};
}

std::string_view next_element(std::span<const std::byte>& bytes) {
  const size_t length = length_at(bytes);
  const std::string_view text(reinterpret_cast<const char*>(bytes.subspan(sizeof(uint32_t)).data()),
                              length);
  bytes = bytes.subspan(sizeof(uint32_t) + length);
  return text;
}

void append_element(std::vector<std::byte>& bytes, std::string_view element) {
  const auto length = static_cast<uint32_t>(element.size());
  const auto* head = reinterpret_cast<const std::byte*>(&length);
  const auto* body = reinterpret_cast<const std::byte*>(element.data());
  bytes.insert(bytes.end(), head, head + sizeof length);
  bytes.insert(bytes.end(), body, body + element.size());
}

}  // namespace cresset::serve
