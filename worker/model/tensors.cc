#include "worker/model/tensors.h"

#include <ATen/ATen.h>

#include <array>
#include <map>
#include <optional>

namespace cresset::model {

using base::Result;

namespace {

constexpr std::array<std::pair<std::string_view, at::ScalarType>, 8> kTypes{{
    {"F32", at::kFloat},
    {"F64", at::kDouble},
    {"BF16", at::kBFloat16},
    {"F16", at::kHalf},
    {"I64", at::kLong},
    {"I32", at::kInt},
    {"U8", at::kByte},
    {"BOOL", at::kBool},
}};

std::string dtype_of(const at::Tensor& tensor) {
  for (const auto& [name, type] : kTypes)
    if (type == tensor.scalar_type()) return std::string(name);
  return "?";
}

std::optional<at::ScalarType> type_of(const std::string& dtype) {
  for (const auto& [name, type] : kTypes)
    if (name == dtype) return type;
  return std::nullopt;
}

std::string words(const std::string& dtype, at::IntArrayRef shape) {
  return dtype + " " + model::words(shape);
}

}  // namespace

std::string words(std::span<const int64_t> shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

std::string encode_tensors(const std::vector<std::string>& names,
                           const std::vector<at::Tensor>& tensors, const SafeMetadata& metadata) {
  std::vector<at::Tensor> held;
  std::vector<SafeTensor> entries;
  for (size_t i = 0; i < names.size(); ++i) {
    held.push_back(tensors[i].detach().contiguous().cpu());
    const auto& tensor = held.back();
    entries.push_back({names[i],
                       dtype_of(tensor),
                       tensor.sizes().vec(),
                       {static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()}});
  }
  return encode_safetensors(entries, metadata);
}

Result<std::string> encode_fetched(const std::vector<std::string>& names,
                                   const std::vector<at::Tensor>& tensors,
                                   const FetchTensor& fetch) {
  std::vector<SafeTensor> entries;
  for (size_t i = 0; i < names.size(); ++i)
    entries.push_back({names[i], dtype_of(tensors[i]), tensors[i].sizes().vec(), {}});
  return encode_safetensors(entries, {}, [&](size_t i, std::string& out) -> Result<void> {
    const size_t begin = out.size();
    if (!tensors[i].is_meta()) {
      const auto held = tensors[i].detach().contiguous().cpu();
      out.append(static_cast<const char*>(held.const_data_ptr()), held.nbytes());
      return {};
    }
    out.resize(begin + tensors[i].nbytes());
    return fetch(i, at::from_blob(out.data() + begin, tensors[i].sizes(),
                                  tensors[i].options().device(at::kCPU)));
  });
}

Result<std::vector<at::Tensor>> views_of(std::string_view bytes,
                                         const std::vector<std::string>& names,
                                         const std::vector<at::Tensor>& tensors) {
  CRESSET_TRY(entries, decode_safetensors(bytes));
  std::map<std::string, const SafeTensor*> found;
  for (const auto& entry : entries) found[entry.name] = &entry;
  if (found.size() != names.size())
    return base::fail(base::invalid("it holds " + std::to_string(found.size()) +
                                    " tensors, the model has " + std::to_string(names.size())));
  std::vector<at::Tensor> views;
  for (size_t i = 0; i < names.size(); ++i) {
    const auto entry = found.find(names[i]);
    if (entry == found.end())
      return base::fail(base::invalid("the tensor \"" + names[i] + "\" is missing"));
    const SafeTensor& tensor = *entry->second;
    if (tensor.dtype != dtype_of(tensors[i]) || at::IntArrayRef(tensor.shape) != tensors[i].sizes())
      return base::fail(base::invalid("the tensor \"" + names[i] + "\" is " +
                                      words(tensor.dtype, tensor.shape) + ", the model wants " +
                                      words(dtype_of(tensors[i]), tensors[i].sizes())));
    views.push_back(at::from_blob(const_cast<char*>(tensor.bytes.data()), tensor.shape,
                                  tensors[i].options().device(at::kCPU).requires_grad(false)));
  }
  return views;
}

Result<void> decode_tensors(std::string_view bytes, const std::vector<std::string>& names,
                            const std::vector<at::Tensor>& tensors) {
  CRESSET_TRY(views, views_of(bytes, names, tensors));
  for (size_t i = 0; i < views.size(); ++i) tensors[i].detach().copy_(views[i]);
  return {};
}

Result<at::Tensor> view_of(const SafeTensor& entry, const at::Tensor& like) {
  const auto type = type_of(entry.dtype);
  const bool usable = type && (*type == like.scalar_type() ||
                               (at::isFloatingType(*type) && like.is_floating_point()));
  if (!usable || at::IntArrayRef(entry.shape) != like.sizes())
    return base::fail(base::invalid("the tensor \"" + entry.name + "\" is " +
                                    words(entry.dtype, entry.shape) + ", the model wants " +
                                    words(dtype_of(like), like.sizes())));
  return at::from_blob(const_cast<char*>(entry.bytes.data()), entry.shape,
                       at::TensorOptions().dtype(*type));
}

}  // namespace cresset::model
