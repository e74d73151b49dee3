// Any bytes as a .npy file: they are refused, or give an array whose values all lie within them,
// and whose header, written anew as numpy.save writes it, gives the same array.

#include "tests/fuzz/target.h"
#include "worker/data/core/npy.h"

namespace {

using cresset::data::NpyArray;
using cresset::data::NpyField;
using cresset::data::parse_npy;
using cresset::fuzz::kPlanted;
using cresset::fuzz::require;

constexpr size_t kLongest = 512;

std::string quoted(const std::string& text) {
  std::string made = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') made += '\\';
    made += c;
  }
  return made + "'";
}

std::string tuple(const std::vector<int64_t>& values) {
  std::string made = "(";
  for (const int64_t value : values) made += std::to_string(value) + ", ";
  return made + ")";
}

std::string type(const NpyField& field) {
  return quoted((field.big_endian ? ">" : "<") + std::string(1, field.kind) +
                std::to_string(field.kind == 'U' ? field.bytes / 4 : field.bytes));
}

std::string descr(const NpyArray& array) {
  if (array.fields.front().name.empty()) return type(array.fields.front());
  std::string made = "[";
  for (const auto& field : array.fields)
    made += "(" + quoted(field.name) + ", " + type(field) +
            (field.shape.empty() ? "" : ", " + tuple(field.shape)) + "), ";
  return made + "]";
}

std::string written(const NpyArray& array) {
  const std::string header = "{'descr': " + descr(array) +
                             ", 'fortran_order': " + (array.fortran_order ? "True" : "False") +
                             ", 'shape': " + tuple(array.shape) + ", }";
  std::string bytes("\x93NUMPY\x02\x00", 8);
  for (size_t i = 0; i < 4; ++i) bytes += static_cast<char>(header.size() >> (8 * i) & 0xFF);
  return bytes + header + std::string(array.items);
}

void check_within(const NpyArray& array) {
  size_t items = 1, end = 0;
  for (const int64_t size : array.shape) items *= static_cast<size_t>(size);
  require(items * array.item_bytes == array.items.size());
  for (const auto& field : array.fields) {
    size_t values = 1;
    for (const int64_t size : field.shape) values *= static_cast<size_t>(size);
    require(field.offset == end);
    end += values * field.bytes;
  }
  require(end == array.item_bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kLongest) return 0;
  auto array = parse_npy(cresset::fuzz::view(data, size));
  if (!array) return 0;
  const char kind = array->fields.front().kind;
  if (kPlanted && (kind == 'u' || kind == 'S')) ++array->item_bytes;
  check_within(*array);
  const std::string bytes = written(*array);
  const auto again = parse_npy(bytes);
  require(again.has_value());
  require(again->shape == array->shape && again->fortran_order == array->fortran_order);
  require(again->items == array->items && again->fields.size() == array->fields.size());
  for (size_t i = 0; i < array->fields.size(); ++i) {
    const auto &a = array->fields[i], &b = again->fields[i];
    require(a.name == b.name && a.kind == b.kind && a.bytes == b.bytes && a.shape == b.shape &&
            a.big_endian == b.big_endian && a.offset == b.offset);
  }
  return 0;
}
