#include "worker/serve/core/protocol_v2_input.h"

#include <utility>

namespace cresset::serve {

namespace {

constexpr size_t kMaxNameBytes = 256;

std::string shape_words(const Shape& shape) {
  std::string text = to_string(shape);
  for (size_t at = 0; (at = text.find("-1", at)) != std::string::npos;) text.replace(at, 2, "any");
  return text;
}

}  // namespace

std::string named(std::string_view kind, std::string_view name) {
  return std::string(kind) + " \"" + fields::shown(name) + "\"";
}

std::string names_of(const std::vector<TensorSpec>& specs) {
  std::string names;
  for (const auto& spec : specs) names += (names.empty() ? "\"" : ", \"") + spec.name + "\"";
  return names;
}

base::Result<int64_t> check_tensor(const TensorSpec& spec, DataType type, const Shape& shape,
                                   int64_t max_rows) {
  const std::string what = named("input", spec.name);
  if (type != spec.type)
    return base::fail(base::invalid(what + " has datatype " + std::string(to_string(type)) +
                                    "; the model takes " + std::string(to_string(spec.type))));
  bool fits = shape.size() == spec.shape.size() && !shape.empty();
  for (size_t i = 0; fits && i < shape.size(); ++i)
    fits = spec.shape[i] < 0 || spec.shape[i] == shape[i];
  if (!fits)
    return base::fail(base::invalid(what + " has shape " + to_string(shape) + "; the model takes " +
                                    shape_words(spec.shape)));
  if (shape.front() < 1 || shape.front() > max_rows)
    return base::fail(base::invalid(what + " has " + std::to_string(shape.front()) +
                                    " rows; a request has at least 1 and at most " +
                                    std::to_string(max_rows)));
  const auto count = elements(shape);
  if (!count)
    return base::fail(base::invalid(what + " has shape " + to_string(shape) +
                                    ", which holds more values than can be counted"));
  return *count;
}

base::Result<InputReading> InputReader::read(fields::Value value, size_t position) {
  what_ = "inputs[" + std::to_string(position) + "]";
  CRESSET_TRY(object, fields::object(source_, value, what_));
  CRESSET_CHECK(fields::each_field(
      source_, object,
      [this](std::string_view key, fields::Value item) { return field(key, item); }));
  CRESSET_CHECK(finish());
  return std::move(reading_);
}

base::Result<void> InputReader::field(std::string_view key, fields::Value value) {
  if (key == "name") {
    CRESSET_TRY(found, fields::text(source_, value, what_ + ".name", kMaxNameBytes));
    name_ = std::move(found);
    what_ = named("input", *name_);
  } else if (key == "shape") {
    CRESSET_TRY(found, fields::shape(source_, value, what_ + " shape"));
    shape_ = std::move(found);
  } else if (key == "datatype") {
    CRESSET_TRY(found, fields::text(source_, value, what_ + " datatype", kMaxNameBytes));
    type_ = data_type_of(found);
    if (!type_)
      return base::fail(base::invalid(what_ + " has datatype \"" + fields::shown(found) +
                                      "\"; known are " + all_data_types()));
  } else if (key == "parameters") {
    return parameters(value);
  } else if (key == "data") {
    return data(value);
  }
  return {};
}

base::Result<void> InputReader::parameters(fields::Value value) {
  CRESSET_TRY(object, fields::object(source_, value, what_ + " parameters"));
  return fields::each_field(
      source_, object, [this](std::string_view key, fields::Value item) -> base::Result<void> {
        if (key == "binary_data_size") {
          CRESSET_TRY(size, fields::integer(source_, item, what_ + " parameters.binary_data_size"));
          if (size < 0)
            return base::fail(base::invalid(what_ + " parameters.binary_data_size is " +
                                            std::to_string(size) + "; it is at least 0"));
          reading_.binary_size = static_cast<size_t>(size);
        } else if (key.starts_with("shared_memory_")) {
          return base::fail(base::unsupported(what_ + " parameters." + std::string(key) +
                                              ": shared memory is not supported; send the data"));
        }
        return {};
      });
}

base::Result<void> InputReader::check() {
  if (checked_) return {};
  const auto& specs = signature_.inputs;
  for (reading_.index = 0; reading_.index < specs.size(); ++reading_.index)
    if (specs[reading_.index].name == *name_) break;
  if (reading_.index == specs.size())
    return base::fail(
        base::invalid("there is no " + what_ + "; the model takes " + names_of(specs)));
  CRESSET_TRY(count, check_tensor(specs[reading_.index], *type_, *shape_, max_rows_));
  reading_.count = count;
  checked_ = true;
  return {};
}

base::Result<void> InputReader::data(fields::Value value) {
  if (parsed_ || !later_.empty()) return base::fail(base::invalid(what_ + " has \"data\" twice"));
  CRESSET_TRY(list, fields::array(source_, value, what_ + " data"));
  if (name_ && shape_ && type_) return parse(source_, list);
  if (const auto code = list.raw_json().get(later_))
    return base::fail(fields::broken(source_, code));
  return {};
}

base::Result<void> InputReader::parse(fields::Source& source, fields::Array list) {
  CRESSET_CHECK(check());
  // "1," is the least that a value takes: no allocation from a shape that the body cannot fill.
  if (static_cast<size_t>(reading_.count) > source_.json.size() / 2 + 1)
    return base::fail(base::invalid(what_ + " data is shorter than the " +
                                    std::to_string(reading_.count) + " values of its shape " +
                                    to_string(*shape_)));
  CRESSET_TRY(bytes, fields::tensor_data(source, list, *type_, *shape_, reading_.count, what_));
  reading_.tensor = Tensor(*type_, *shape_, std::move(bytes));
  parsed_ = true;
  return {};
}

base::Result<void> InputReader::finish() {
  if (!name_) return base::fail(base::invalid(what_ + ".name is required"));
  if (!shape_) return base::fail(base::invalid(what_ + " shape is required"));
  if (!type_) return base::fail(base::invalid(what_ + " datatype is required"));
  CRESSET_CHECK(check());
  if (reading_.binary_size) {
    if (parsed_ || !later_.empty())
      return base::fail(base::invalid(what_ + " has both data and binary_data_size; send one"));
    reading_.tensor.type = *type_;
    reading_.tensor.shape = std::move(*shape_);
    return {};
  }
  if (parsed_) return {};
  if (later_.empty()) return base::fail(base::invalid(what_ + " data is required"));
  simdjson::ondemand::parser parser;
  simdjson::padded_string copy(later_);
  simdjson::ondemand::document document;
  if (const auto code = parser.iterate(copy).get(document))
    return base::fail(fields::broken(source_, code));
  fields::Source source{copy, document};
  fields::Array list;
  if (const auto code = document.get_array().get(list))
    return base::fail(fields::broken(source, code));
  return parse(source, list);
}

}  // namespace cresset::serve
