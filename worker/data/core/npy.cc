#include "worker/data/core/npy.h"

#include <algorithm>
#include <charconv>

#include "worker/data/core/little_endian.h"
#include "worker/data/core/python_literal.h"

namespace cresset::data {

using base::Json;
using base::Result;

namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kMostFields = 1 << 16;
constexpr size_t kMostDimensions = 64;
constexpr int64_t kMostValues = int64_t{1} << 48;
constexpr size_t kMostItemBytes = size_t{1} << 30;

base::Failure wrong(const std::string& why) {
  return base::fail(base::invalid("not readable as NumPy's format: " + why));
}

bool is_size(char kind, size_t size) {
  const auto any = [&](std::initializer_list<size_t> sizes) {
    return std::find(sizes.begin(), sizes.end(), size) != sizes.end();
  };
  switch (kind) {
    case 'f':
      return any({2, 4, 8});
    case 'i':
    case 'u':
      return any({1, 2, 4, 8});
    case 'b':
      return size == 1;
    case 'U':
    case 'S':
      return size > 0 && size < (1 << 20);
    default:
      return false;
  }
}

// "<f8", "|u1", ">U5".
Result<NpyField> parse_type(const Json& json) {
  const std::string text = json.is_string() ? json.get<std::string>() : base::dump(json);
  NpyField field;
  const size_t order = !text.empty() && std::string_view("<>|=").find(text[0]) != text.npos;
  if (text.size() > order + 1) {
    field.kind = text[order];
    field.big_endian = text[0] == '>';
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + order + 1, end, field.bytes);
    if (read.ec == std::errc() && read.ptr == end && is_size(field.kind, field.bytes)) {
      if (field.kind == 'U') field.bytes *= 4;
      return field;
    }
  }
  return wrong(
      "values of the type " + text.substr(0, 40) +
      ", allowed are floats (f2, f4, f8), integers (i, u), booleans (b1) and texts (U, S)");
}

// The number of items of a shape that fit into `most` bytes.
Result<size_t> count(const std::vector<int64_t>& shape, size_t item, size_t most) {
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  size_t items = 1;
  for (const int64_t size : shape) {
    if (items * item > most / static_cast<size_t>(size))
      return wrong("the shape is larger than the file");
    items *= static_cast<size_t>(size);
  }
  return items;
}

Result<std::vector<int64_t>> parse_shape(const Json& json) {
  std::vector<int64_t> shape;
  int64_t values = 1;  // were no axis empty
  if (!json.is_array() || json.size() > kMostDimensions) return wrong("its shape is none");
  for (const auto& size : json) {
    if (!size.is_number_integer() || size.get<int64_t>() < 0) return wrong("its shape is none");
    shape.push_back(size.get<int64_t>());
    if (shape.back() > kMostValues / values) return wrong("the shape is larger than the file");
    values *= std::max<int64_t>(shape.back(), 1);
  }
  return shape;
}

// ('x', '<f8') or ('x', '<f8', (3,)).
Result<NpyField> parse_field(const Json& json) {
  if (!json.is_array() || json.size() < 2 || json.size() > 3 || !json[0].is_string() ||
      !json[1].is_string())
    return wrong("a field " + base::dump(json).substr(0, 80) +
                 ", allowed are single values by a name");
  CRESSET_TRY(field, parse_type(json[1]));
  field.name = json[0].get<std::string>();
  if (field.name.empty()) return wrong("a field without a name");
  if (json.size() == 3) {
    CRESSET_TRY(shape, parse_shape(json[2].is_array() ? json[2] : Json::array({json[2]})));
    field.shape = std::move(shape);
  }
  return field;
}

Result<void> parse_descr(const Json& descr, NpyArray& array) {
  if (!descr.is_array()) {
    CRESSET_TRY(field, parse_type(descr));
    array.item_bytes = field.bytes;
    array.fields.push_back(std::move(field));
    return {};
  }
  if (descr.empty() || descr.size() > kMostFields) return wrong("it has no fields, or too many");
  for (const auto& each : descr) {
    CRESSET_TRY(field, parse_field(each));
    CRESSET_TRY(values, count(field.shape, field.bytes, kMostItemBytes));
    field.offset = array.item_bytes;
    array.item_bytes += values * field.bytes;
    if (array.item_bytes > kMostItemBytes) return wrong("its items are too large");
    array.fields.push_back(std::move(field));
  }
  return {};
}

}  // namespace

Result<NpyArray> parse_npy(std::string_view bytes) {
  if (!bytes.starts_with(kMagic) || bytes.size() < 10) return wrong("it does not begin as one");
  const size_t wide = bytes[6] == 1 ? 2 : 4;
  if (bytes[6] < 1 || bytes[6] > 3) return wrong("it is of a later version");
  const size_t begin = 8 + wide;
  if (bytes.size() < begin) return wrong("it is truncated");
  const size_t length = little_endian(bytes.substr(8, wide));
  if (bytes.size() - begin < length) return wrong("it is truncated");
  auto header = parse_python_literal(bytes.substr(begin, length));
  if (!header) return wrong(header.error().message());
  if (!header->is_object() || !header->contains("descr") || !header->contains("shape") ||
      !header->value("fortran_order", Json()).is_boolean())
    return wrong("its header lacks descr, fortran_order or shape");
  NpyArray array;
  array.fortran_order = (*header)["fortran_order"].get<bool>();
  CRESSET_TRY(shape, parse_shape((*header)["shape"]));
  array.shape = std::move(shape);
  CRESSET_CHECK(parse_descr((*header)["descr"], array));
  array.items = bytes.substr(begin + length);
  if (array.item_bytes == 0) return wrong("its items are empty");
  CRESSET_TRY(items, count(array.shape, array.item_bytes, array.items.size()));
  if (items * array.item_bytes != array.items.size())
    return wrong("its shape wants " + std::to_string(items * array.item_bytes) +
                 " bytes of values, found " + std::to_string(array.items.size()));
  return array;
}

}  // namespace cresset::data
