#include "worker/serve/core/json_fields.h"

namespace cresset::serve::fields {

namespace {

constexpr size_t kShownBytes = 48;
constexpr size_t kMaxRank = 16;

}  // namespace

std::string shown(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\r'))
    text.remove_suffix(1);
  if (text.size() <= kShownBytes) return std::string(text);
  return std::string(text.substr(0, kShownBytes)) + "…";
}

base::Error broken(Source& source, simdjson::error_code code) {
  const std::string_view json = source.json;
  const char* at = nullptr;
  // simdjson looks at the end before it begins, and says so at byte 0.
  if (code == simdjson::INCOMPLETE_ARRAY_OR_OBJECT) return broken_at(json.size(), code);
  if (source.document.current_location().get(at) == simdjson::SUCCESS && at >= json.data() &&
      at <= json.data() + json.size())
    return broken_at(at - json.data(), code);
  return base::invalid(std::string("broken JSON: ") + simdjson::error_message(code));
}

base::Error broken_at(size_t byte, simdjson::error_code code) {
  return base::invalid("broken JSON at byte " + std::to_string(byte) + ": " +
                       simdjson::error_message(code));
}

base::Error unfit(Source& source, simdjson::error_code code, std::string_view token,
                  std::string_view what, std::string_view wanted) {
  switch (code) {
    case simdjson::INCORRECT_TYPE:
    case simdjson::NUMBER_ERROR:
    case simdjson::NUMBER_OUT_OF_RANGE:
      return base::invalid(std::string(what) + " must be " + std::string(wanted) + ", found " +
                           shown(token));
    default:
      return broken(source, code);
  }
}

base::Result<std::string> text(Source& source, Value value, std::string_view what,
                               size_t max_bytes) {
  const auto token = value.raw_json_token();
  std::string_view found;
  if (const auto code = value.get_string().get(found))
    return base::fail(unfit(source, code, token, what, "a string"));
  if (found.size() > max_bytes)
    return base::fail(base::invalid(std::string(what) + " has " + std::to_string(found.size()) +
                                    " bytes; at most " + std::to_string(max_bytes) +
                                    " are allowed"));
  return std::string(found);
}

base::Result<int64_t> integer(Source& source, Value value, std::string_view what) {
  const auto token = value.raw_json_token();
  int64_t found = 0;
  if (const auto code = value.get_int64().get(found))
    return base::fail(unfit(source, code, token, what, "an integer"));
  return found;
}

base::Result<bool> flag(Source& source, Value value, std::string_view what) {
  const auto token = value.raw_json_token();
  bool found = false;
  if (const auto code = value.get_bool().get(found))
    return base::fail(unfit(source, code, token, what, "true or false"));
  return found;
}

base::Result<Object> object(Source& source, Value value, std::string_view what) {
  const auto token = value.raw_json_token();
  Object found;
  if (const auto code = value.get_object().get(found))
    return base::fail(unfit(source, code, token, what, "an object"));
  return found;
}

base::Result<Array> array(Source& source, Value value, std::string_view what) {
  const auto token = value.raw_json_token();
  Array found;
  if (const auto code = value.get_array().get(found))
    return base::fail(unfit(source, code, token, what, "a list"));
  return found;
}

base::Result<Shape> shape(Source& source, Value value, std::string_view what) {
  CRESSET_TRY(list, array(source, value, what));
  Shape dimensions;
  for (auto element : list) {
    Value item;
    if (const auto code = element.get(item)) return base::fail(broken(source, code));
    if (dimensions.size() == kMaxRank)
      return base::fail(base::invalid(std::string(what) + " has more than " +
                                      std::to_string(kMaxRank) + " dimensions"));
    CRESSET_TRY(dimension, integer(source, item, what));
    if (dimension < 0)
      return base::fail(base::invalid(std::string(what) + " holds " + std::to_string(dimension) +
                                      "; dimensions are at least 0"));
    dimensions.push_back(dimension);
  }
  return dimensions;
}

base::Result<void> each_field(Source& source, Object object, const OnField& on_field) {
  for (auto item : object) {
    std::string_view key;
    Value value;
    if (const auto code = item.unescaped_key().get(key)) return base::fail(broken(source, code));
    if (const auto code = item.value().get(value)) return base::fail(broken(source, code));
    CRESSET_CHECK(on_field(key, value));
  }
  return {};
}

}  // namespace cresset::serve::fields
