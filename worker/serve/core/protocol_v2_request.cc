#include <simdjson.h>

#include <charconv>
#include <utility>

#include "worker/serve/core/json_fields.h"
#include "worker/serve/core/protocol_v2.h"
#include "worker/serve/core/protocol_v2_input.h"

namespace cresset::serve {

namespace {

constexpr std::chrono::microseconds kMaxTimeout = std::chrono::hours(24);
constexpr size_t kKeptParser = 1 << 20;  // a parser that met a larger document is thrown away

struct OutputReading {
  size_t index = 0;
  std::optional<bool> binary;
};

// Reads the JSON of one request; the bytes behind it are cut by the caller.
class RequestReader {
 public:
  RequestReader(fields::Source& source, const Signature& signature, const ProtocolLimits& limits)
      : source_(source), signature_(signature), limits_(limits) {}

  base::Result<InferRequest> read(std::string_view rest);

 private:
  base::Result<void> field(std::string_view key, fields::Value value);
  base::Result<void> parameters(fields::Value value);
  base::Result<void> pass_back(std::string_view key, fields::Value value, const std::string& what);
  base::Result<void> inputs(fields::Value value);
  base::Result<void> outputs(fields::Value value);
  base::Result<OutputReading> output(fields::Value value, size_t position);
  base::Result<void> cut_binary(std::string_view rest);
  base::Result<void> place_inputs();
  void place_outputs();

  fields::Source& source_;
  const Signature& signature_;
  const ProtocolLimits& limits_;
  InferRequest request_;
  bool binary_output_ = false;
  std::optional<std::vector<InputReading>> inputs_;
  std::optional<std::vector<OutputReading>> outputs_;
};

base::Result<InferRequest> RequestReader::read(std::string_view rest) {
  fields::Object root;
  if (const auto code = source_.document.get_object().get(root)) {
    if (code == simdjson::INCORRECT_TYPE)
      return base::fail(base::invalid("the request must be a JSON object with \"inputs\""));
    return base::fail(fields::broken(source_, code));
  }
  CRESSET_CHECK(fields::each_field(
      source_, root,
      [this](std::string_view key, fields::Value value) { return field(key, value); }));
  if (source_.document.current_location().error() == simdjson::SUCCESS)
    return base::fail(base::invalid("broken JSON: something follows the request's object"));
  if (!inputs_)
    return base::fail(
        base::invalid("inputs is required: a list with " + names_of(signature_.inputs)));
  CRESSET_CHECK(cut_binary(rest));
  CRESSET_CHECK(place_inputs());
  place_outputs();
  return std::move(request_);
}

base::Result<void> RequestReader::field(std::string_view key, fields::Value value) {
  if (key == "id") {
    CRESSET_TRY(id, fields::text(source_, value, "id", limits_.max_id_bytes));
    request_.id = std::move(id);
    return {};
  }
  if (key == "parameters") return parameters(value);
  if (key == "inputs") return inputs(value);
  if (key == "outputs") return outputs(value);
  return {};
}

base::Result<void> RequestReader::parameters(fields::Value value) {
  CRESSET_TRY(object, fields::object(source_, value, "parameters"));
  return fields::each_field(
      source_, object, [this](std::string_view key, fields::Value item) -> base::Result<void> {
        const std::string what = "parameters." + fields::shown(key);
        if (key == "binary_data_output") {
          CRESSET_TRY(flag, fields::flag(source_, item, what));
          binary_output_ = flag;
          return {};
        }
        if (key != "timeout") return pass_back(key, item, what);
        CRESSET_TRY(microseconds, fields::integer(source_, item, what));
        if (microseconds < 0 || microseconds > kMaxTimeout.count())
          return base::fail(base::invalid(what + " is " + std::to_string(microseconds) +
                                          " microseconds; 0 (none) to " +
                                          std::to_string(kMaxTimeout.count()) + " are allowed"));
        if (microseconds > 0) request_.timeout = std::chrono::microseconds(microseconds);
        return {};
      });
}

base::Result<void> RequestReader::pass_back(std::string_view key, fields::Value value,
                                            const std::string& what) {
  const std::string name = base::dump(std::string(key));
  const std::string token(value.raw_json_token());
  simdjson::ondemand::json_type kind;
  if (const auto code = value.type().get(kind)) return base::fail(fields::broken(source_, code));
  base::Json found = base::Json::parse(token, nullptr, false);
  if (found.is_discarded() || found.is_structured() || found.is_null())
    return base::fail(base::invalid(what + " must be a string, a number or a boolean, found " +
                                    fields::shown(token)));
  request_.parameters += (request_.parameters.empty() ? "" : ",") + name + ":" + base::dump(found);
  return {};
}

base::Result<void> RequestReader::inputs(fields::Value value) {
  CRESSET_TRY(list, fields::array(source_, value, "inputs"));
  if (inputs_) return base::fail(base::invalid("inputs is there twice"));
  inputs_.emplace();
  for (auto element : list) {
    fields::Value item;
    if (const auto code = element.get(item)) return base::fail(fields::broken(source_, code));
    if (inputs_->size() == signature_.inputs.size())
      return base::fail(base::invalid("inputs has more than the " +
                                      std::to_string(signature_.inputs.size()) +
                                      " that the model takes: " + names_of(signature_.inputs)));
    InputReader reader(source_, signature_, limits_.max_rows);
    CRESSET_TRY(reading, reader.read(item, inputs_->size()));
    inputs_->push_back(std::move(reading));
  }
  return {};
}

base::Result<void> RequestReader::outputs(fields::Value value) {
  CRESSET_TRY(list, fields::array(source_, value, "outputs"));
  if (outputs_) return base::fail(base::invalid("outputs is there twice"));
  outputs_.emplace();
  for (auto element : list) {
    fields::Value item;
    if (const auto code = element.get(item)) return base::fail(fields::broken(source_, code));
    if (outputs_->size() == signature_.outputs.size())
      return base::fail(base::invalid("outputs has more than the " +
                                      std::to_string(signature_.outputs.size()) +
                                      " that the model gives: " + names_of(signature_.outputs)));
    CRESSET_TRY(reading, output(item, outputs_->size()));
    outputs_->push_back(reading);
  }
  return {};
}

base::Result<OutputReading> RequestReader::output(fields::Value value, size_t position) {
  const std::string what = "outputs[" + std::to_string(position) + "]";
  OutputReading reading{.index = signature_.outputs.size()};
  bool has_name = false;
  const auto parameter = [&](std::string_view key, fields::Value item) -> base::Result<void> {
    if (key == "binary_data") {
      CRESSET_TRY(flag, fields::flag(source_, item, what + ".parameters.binary_data"));
      reading.binary = flag;
    } else if (key == "classification" || key.starts_with("shared_memory_")) {
      return base::fail(
          base::unsupported(what + ".parameters." + std::string(key) + " is not supported"));
    }
    return {};
  };
  const auto one = [&](std::string_view key, fields::Value item) -> base::Result<void> {
    if (key == "name") {
      CRESSET_TRY(name, fields::text(source_, item, what + ".name", 256));
      has_name = true;
      for (size_t i = 0; i < signature_.outputs.size(); ++i)
        if (signature_.outputs[i].name == name) reading.index = i;
      if (reading.index == signature_.outputs.size())
        return base::fail(base::invalid("there is no " + named("output", name) +
                                        "; the model gives " + names_of(signature_.outputs)));
    } else if (key == "parameters") {
      CRESSET_TRY(object, fields::object(source_, item, what + ".parameters"));
      return fields::each_field(source_, object, parameter);
    }
    return {};
  };
  CRESSET_TRY(object, fields::object(source_, value, what));
  CRESSET_CHECK(fields::each_field(source_, object, one));
  if (!has_name) return base::fail(base::invalid(what + ".name is required"));
  return reading;
}

base::Result<void> RequestReader::cut_binary(std::string_view rest) {
  const auto* bytes = reinterpret_cast<const std::byte*>(rest.data());
  std::span<const std::byte> left(bytes, rest.size());
  for (auto& input : *inputs_) {
    if (!input.binary_size) continue;
    const std::string what = named("input", signature_.inputs[input.index].name);
    const size_t size = *input.binary_size;
    const size_t element = size_of(input.tensor.type);
    if (element != 0 && size / element != static_cast<size_t>(input.count))
      return base::fail(base::invalid(what + " has binary_data_size " + std::to_string(size) +
                                      "; shape " + to_string(input.tensor.shape) + " of " +
                                      std::string(to_string(input.tensor.type)) + " takes " +
                                      std::to_string(static_cast<size_t>(input.count) * element)));
    if (size > left.size())
      return base::fail(base::invalid(what + " has binary_data_size " + std::to_string(size) +
                                      ", but only " + std::to_string(left.size()) +
                                      " bytes are left in the body"));
    if (element != 0 && size % element != 0)
      return base::fail(base::invalid(what + " has binary_data_size " + std::to_string(size) +
                                      ", which is no multiple of " + std::to_string(element)));
    input.tensor.data = left.first(size);
    left = left.subspan(size);
    if (input.tensor.type == DataType::kBytes)
      if (auto whole = check_bytes_elements(input.tensor.data, input.count); !whole)
        return base::fail(base::invalid(what + " " + whole.error().message()));
  }
  if (left.empty()) return {};
  return base::fail(base::invalid("the body has " + std::to_string(left.size()) +
                                  " bytes after the JSON and its binary tensors"));
}

base::Result<void> RequestReader::place_inputs() {
  request_.inputs.resize(signature_.inputs.size());
  std::vector<bool> seen(signature_.inputs.size());
  for (auto& input : *inputs_) {
    const auto& name = signature_.inputs[input.index].name;
    if (seen[input.index])
      return base::fail(base::invalid(named("input", name) + " is there twice"));
    seen[input.index] = true;
    if (request_.rows == 0) request_.rows = input.tensor.rows();
    if (input.tensor.rows() != request_.rows)
      return base::fail(base::invalid(named("input", name) + " has " +
                                      std::to_string(input.tensor.rows()) + " rows; another has " +
                                      std::to_string(request_.rows)));
    request_.inputs[input.index] = std::move(input.tensor);
  }
  for (size_t i = 0; i < seen.size(); ++i)
    if (!seen[i])
      return base::fail(base::invalid("inputs lacks " + named("input", signature_.inputs[i].name)));
  return {};
}

void RequestReader::place_outputs() {
  if (outputs_ && !outputs_->empty()) {
    for (const auto& output : *outputs_)
      request_.outputs.push_back({output.index, output.binary.value_or(binary_output_)});
    return;
  }
  for (size_t i = 0; i < signature_.outputs.size(); ++i)
    request_.outputs.push_back({i, binary_output_});
}

base::Result<size_t> json_length(std::optional<std::string_view> header, size_t body) {
  if (!header) return body;
  size_t length = 0;
  const auto* end = header->data() + header->size();
  const auto [stopped, code] = std::from_chars(header->data(), end, length);
  if (code != std::errc() || stopped != end || length == 0)
    return base::fail(base::invalid("header Inference-Header-Content-Length is \"" +
                                    fields::shown(*header) +
                                    "\"; it is the number of bytes of the JSON, at least 1"));
  if (length > body)
    return base::fail(base::invalid("header Inference-Header-Content-Length is " +
                                    std::to_string(length) + ", but the body has " +
                                    std::to_string(body) + " bytes"));
  return length;
}

}  // namespace

base::Result<InferRequest> parse_infer(std::string body, std::optional<std::string_view> json_bytes,
                                       const Signature& signature, const ProtocolLimits& limits) {
  CRESSET_TRY(length, json_length(json_bytes, body.size()));
  auto kept = std::make_unique<std::string>(std::move(body));
  kept->reserve(length + simdjson::SIMDJSON_PADDING);
  thread_local simdjson::ondemand::parser parser;
  if (parser.capacity() > kKeptParser) parser = simdjson::ondemand::parser();
  simdjson::ondemand::document document;
  const std::string_view json(kept->data(), length);
  if (const auto code = parser.iterate(json, kept->capacity()).get(document)) {
    if (code == simdjson::EMPTY || code == simdjson::UNCLOSED_STRING)
      return base::fail(fields::broken_at(json.size(), code));
    return base::fail(base::invalid(std::string("broken JSON: ") + simdjson::error_message(code)));
  }
  fields::Source source{json, document};
  RequestReader reader(source, signature, limits);
  CRESSET_TRY(request, reader.read(std::string_view(*kept).substr(length)));
  request.body = std::move(kept);
  return request;
}

}  // namespace cresset::serve
