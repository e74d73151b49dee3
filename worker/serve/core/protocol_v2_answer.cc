#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "worker/serve/core/protocol_v2.h"
#include "worker/serve/core/protocol_v2_input.h"

namespace cresset::serve {

namespace {

void append_text(std::string& out, std::string_view text) {
  const auto plain = [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\' &&
           static_cast<unsigned char>(c) < 0x80;
  };
  if (std::all_of(text.begin(), text.end(), plain)) {
    out += '"';
    out += text;
    out += '"';
  } else {
    out += base::dump(std::string(text));
  }
}

template <typename T>
bool append_value(std::string& out, T value) {
  if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else {
    if constexpr (std::is_floating_point_v<T>)
      if (!std::isfinite(value)) return false;
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out.append(digits, end);
  }
  return true;
}

template <typename T>
bool append_values(std::string& out, std::span<const std::byte> bytes) {
  for (size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    if (at != 0) out += ',';
    if (!append_value(out, value)) return false;
  }
  return true;
}

bool append_texts(std::string& out, std::span<const std::byte> bytes) {
  for (bool first = true; !bytes.empty(); first = false) {
    if (!first) out += ',';
    append_text(out, next_element(bytes));
  }
  return true;
}

bool append_data(std::string& out, const Tensor& tensor) {
  switch (tensor.type) {
    case DataType::kBool:
      return append_values<bool>(out, tensor.data);
    case DataType::kUint8:
      return append_values<uint8_t>(out, tensor.data);
    case DataType::kUint16:
      return append_values<uint16_t>(out, tensor.data);
    case DataType::kUint32:
      return append_values<uint32_t>(out, tensor.data);
    case DataType::kUint64:
      return append_values<uint64_t>(out, tensor.data);
    case DataType::kInt8:
      return append_values<int8_t>(out, tensor.data);
    case DataType::kInt16:
      return append_values<int16_t>(out, tensor.data);
    case DataType::kInt32:
      return append_values<int32_t>(out, tensor.data);
    case DataType::kInt64:
      return append_values<int64_t>(out, tensor.data);
    case DataType::kFp32:
      return append_values<float>(out, tensor.data);
    case DataType::kFp64:
      return append_values<double>(out, tensor.data);
    case DataType::kBytes:
      return append_texts(out, tensor.data);
    case DataType::kFp16:
    case DataType::kBf16:
      return false;
  }
  return false;
}

void append_head(std::string& out, const TensorSpec& spec, const Tensor& tensor) {
  out += "{\"name\":";
  append_text(out, spec.name);
  out += ",\"datatype\":\"";
  out += to_string(tensor.type);
  out += "\",\"shape\":";
  out += to_string(tensor.shape);
}

base::Json tensor_metadata(const std::vector<TensorSpec>& specs) {
  auto list = base::Json::array();
  for (const auto& spec : specs)
    list.push_back({{"name", spec.name},
                    {"datatype", std::string(to_string(spec.type))},
                    {"shape", spec.shape}});
  return list;
}

}  // namespace

base::Result<InferAnswer> write_infer(const Signature& signature, const InferRequest& request,
                                      std::span<const Tensor> outputs) {
  InferAnswer answer;
  std::string& out = answer.body;
  size_t binary_bytes = 0;
  for (const auto& wanted : request.outputs) binary_bytes += outputs[wanted.index].data.size();
  out.reserve(256 + request.id.size() + request.parameters.size() + 4 * binary_bytes);
  out += "{\"model_name\":";
  append_text(out, signature.model);
  out += ",\"model_version\":";
  append_text(out, signature.version);
  if (!request.id.empty()) {
    out += ",\"id\":";
    append_text(out, request.id);
  }
  if (!request.parameters.empty()) out += ",\"parameters\":{" + request.parameters + "}";
  out += ",\"outputs\":[";
  bool any_binary = false;
  for (const auto& wanted : request.outputs) {
    const Tensor& tensor = outputs[wanted.index];
    if (&wanted != &request.outputs.front()) out += ',';
    append_head(out, signature.outputs[wanted.index], tensor);
    if (wanted.binary) {
      any_binary = true;
      out += ",\"parameters\":{\"binary_data_size\":" + std::to_string(tensor.data.size()) + "}}";
      continue;
    }
    out += ",\"data\":[";
    if (!append_data(out, tensor))
      return base::fail(
          base::internal(named("output", signature.outputs[wanted.index].name) + " of type " +
                         std::string(to_string(tensor.type)) +
                         " holds values that JSON has no words for; ask for it with binary_data"));
    out += "]}";
  }
  out += "]}";
  if (!any_binary) return answer;
  answer.json_bytes = out.size();
  for (const auto& wanted : request.outputs) {
    if (!wanted.binary) continue;
    const auto& data = outputs[wanted.index].data;
    out.append(reinterpret_cast<const char*>(data.data()), data.size());
  }
  return answer;
}

std::string server_metadata() {
  return base::dump(
      {{"name", "cresset"}, {"version", CRESSET_VERSION}, {"extensions", {"binary_tensor_data"}}});
}

std::string model_metadata(const Signature& signature) {
  return base::dump({{"name", signature.model},
                     {"versions", {signature.version}},
                     {"platform", signature.platform},
                     {"inputs", tensor_metadata(signature.inputs)},
                     {"outputs", tensor_metadata(signature.outputs)}});
}

std::string error_body(const base::Error& error) {
  return base::dump({{"error", error.message()}});
}

}  // namespace cresset::serve
