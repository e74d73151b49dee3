#include "worker/model/safetensors.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "operator/base/json.h"

namespace cresset::model {

using base::Json;
using base::Result;

namespace {

constexpr size_t kLengthBytes = 8;
constexpr size_t kMaxHeader = 100'000'000;  // as the Python package
constexpr size_t kAlign = 8;
constexpr std::array<std::pair<std::string_view, size_t>, 10> kSizes{{{"F32", 4},
                                                                      {"F64", 8},
                                                                      {"F16", 2},
                                                                      {"BF16", 2},
                                                                      {"I64", 8},
                                                                      {"I32", 4},
                                                                      {"I16", 2},
                                                                      {"I8", 1},
                                                                      {"U8", 1},
                                                                      {"BOOL", 1}}};

base::Error broken(const std::string& why) { return base::invalid("not safetensors: " + why); }

}  // namespace

size_t safetensors_size(std::string_view dtype) {
  for (const auto& [name, size] : kSizes)
    if (name == dtype) return size;
  return 0;
}

namespace {

// Of a tensor of this type and shape; the encoder's callers know their tensors.
size_t bytes_of(const SafeTensor& tensor) {
  size_t bytes = safetensors_size(tensor.dtype);
  for (const int64_t size : tensor.shape) bytes *= static_cast<size_t>(size);
  return bytes;
}

}  // namespace

Result<std::string> encode_safetensors(const std::vector<SafeTensor>& tensors,
                                       const SafeMetadata& metadata, const AppendTensor& append) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  size_t offset = 0;
  for (const auto& tensor : tensors) {
    const size_t end = offset + bytes_of(tensor);
    header[tensor.name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + kAlign - 1) / kAlign * kAlign, ' ');
  std::string out;
  out.reserve(kLengthBytes + text.size() + offset);
  const uint64_t length = text.size();
  out.append(reinterpret_cast<const char*>(&length), kLengthBytes);
  out += text;
  for (size_t i = 0; i < tensors.size(); ++i) CRESSET_CHECK(append(i, out));
  return out;
}

std::string encode_safetensors(const std::vector<SafeTensor>& tensors,
                               const SafeMetadata& metadata) {
  const auto append = [&](size_t index, std::string& out) -> Result<void> {
    out += tensors[index].bytes;
    return {};
  };
  return encode_safetensors(tensors, metadata, append).value();
}

namespace {

Result<std::pair<size_t, size_t>> read_offsets(const Json& entry, size_t data_size,
                                               const std::string& name) {
  const auto offsets = entry.find("data_offsets");
  const bool pair = offsets != entry.end() && offsets->is_array() && offsets->size() == 2 &&
                    (*offsets)[0].is_number_unsigned() && (*offsets)[1].is_number_unsigned();
  if (!pair) return base::fail(broken(name + ".data_offsets: wanted two whole numbers"));
  const auto begin = (*offsets)[0].get<uint64_t>(), end = (*offsets)[1].get<uint64_t>();
  if (begin > end || end > data_size)
    return base::fail(broken(name + ".data_offsets: found [" + std::to_string(begin) + ", " +
                             std::to_string(end) + "], the file holds " +
                             std::to_string(data_size) + " bytes of data"));
  return std::pair<size_t, size_t>{begin, end};
}

Result<SafeTensor> read_tensor(const std::string& name, const Json& entry, std::string_view data) {
  SafeTensor tensor{.name = name};
  if (!entry.is_object()) return base::fail(broken(name + ": wanted an object"));
  tensor.dtype = base::text_at(entry, "/dtype");
  size_t bytes = safetensors_size(tensor.dtype);
  if (bytes == 0) return base::fail(broken(name + ".dtype: \"" + tensor.dtype + "\" is not known"));
  const auto shape = entry.find("shape");
  if (shape == entry.end() || !shape->is_array() || shape->size() > 16)
    return base::fail(broken(name + ".shape: wanted a list of at most 16 sizes"));
  for (const auto& size : *shape) {
    const bool usable = size.is_number_unsigned() && size.get<uint64_t>() <= (uint64_t{1} << 40);
    if (!usable || __builtin_mul_overflow(bytes, size.get<uint64_t>(), &bytes))
      return base::fail(broken(name + ".shape: a size is no whole number or too large"));
    tensor.shape.push_back(size.get<int64_t>());
  }
  CRESSET_TRY(offsets, read_offsets(entry, data.size(), name));
  if (offsets.second - offsets.first != bytes)
    return base::fail(broken(name + ": its shape wants " + std::to_string(bytes) +
                             " bytes, its offsets give " +
                             std::to_string(offsets.second - offsets.first)));
  tensor.bytes = data.substr(offsets.first, bytes);
  return tensor;
}

// The data must be covered without hole or overlap, as the Python package demands.
Result<void> check_cover(const std::vector<SafeTensor>& tensors, std::string_view data) {
  const char* at = data.data();
  for (const auto& tensor : tensors) {
    if (tensor.bytes.data() != at)
      return base::fail(broken("a hole or an overlap before " + tensor.name));
    at += tensor.bytes.size();
  }
  if (at != data.data() + data.size()) return base::fail(broken("bytes after the last tensor"));
  return {};
}

}  // namespace

Result<std::vector<SafeTensor>> decode_safetensors(std::string_view bytes) {
  uint64_t length = 0;
  if (bytes.size() < kLengthBytes) return base::fail(broken("shorter than its first 8 bytes"));
  std::memcpy(&length, bytes.data(), kLengthBytes);
  if (length > kMaxHeader || length > bytes.size() - kLengthBytes)
    return base::fail(broken("the header claims " + std::to_string(length) +
                             " bytes, the file has " + std::to_string(bytes.size())));
  auto header = base::parse_json(bytes.substr(kLengthBytes, length),
                                 {.max_bytes = kMaxHeader, .max_depth = 4});
  if (!header) return base::fail(broken("header: " + header.error().message()));
  if (!header->is_object()) return base::fail(broken("the header is no object"));
  const std::string_view data = bytes.substr(kLengthBytes + length);
  std::vector<SafeTensor> tensors;
  for (const auto& [name, entry] : header->items()) {
    if (name == "__metadata__") continue;
    CRESSET_TRY(tensor, read_tensor(name, entry, data));
    tensors.push_back(std::move(tensor));
  }
  std::stable_sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
    return std::pair(a.bytes.data(), a.bytes.size()) < std::pair(b.bytes.data(), b.bytes.size());
  });
  CRESSET_CHECK(check_cover(tensors, data));
  return tensors;
}

}  // namespace cresset::model
