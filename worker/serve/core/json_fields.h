#pragma once
// Small readers over simdjson's on-demand values with errors that name the field: the words shared
// by the parts of protocol_v2. Internal to worker/serve/core; include from .cc files only. Values
// must be read in the order of the document, each once.

#include <simdjson.h>

#include <functional>
#include <string>
#include <string_view>

#include "operator/base/result.h"
#include "worker/serve/core/tensor.h"

namespace cresset::serve::fields {

using Value = simdjson::ondemand::value;
using Object = simdjson::ondemand::object;
using Array = simdjson::ondemand::array;

// The document being read, for the position of what is broken.
struct Source {
  std::string_view json;
  simdjson::ondemand::document& document;
};

base::Error broken(Source& source, simdjson::error_code code);
base::Error broken_at(size_t byte, simdjson::error_code code);
// "`what` must be `wanted`, found `token`", or broken() when the text is no JSON.
base::Error unfit(Source& source, simdjson::error_code code, std::string_view token,
                  std::string_view what, std::string_view wanted);

base::Result<std::string> text(Source& source, Value value, std::string_view what,
                               size_t max_bytes);
base::Result<int64_t> integer(Source& source, Value value, std::string_view what);
base::Result<bool> flag(Source& source, Value value, std::string_view what);
base::Result<Object> object(Source& source, Value value, std::string_view what);
base::Result<Array> array(Source& source, Value value, std::string_view what);
base::Result<Shape> shape(Source& source, Value value, std::string_view what);

using OnField = std::function<base::Result<void>(std::string_view key, Value value)>;
base::Result<void> each_field(Source& source, Object object, const OnField& on_field);

// The elements of "data" as the bytes of a tensor; `count` and `shape` were already checked.
// `data` may be flat or nested as the shape says.
base::Result<std::vector<std::byte>> tensor_data(Source& source, Array data, DataType type,
                                                 const Shape& shape, int64_t count,
                                                 std::string_view what);

// "FP32", "x": quoted and shortened for an error.
std::string shown(std::string_view text);

}  // namespace cresset::serve::fields
