#include "operator/base/json.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace cresset::base {

namespace {

// Counts nesting and elements while nlohmann parses, and stops it past the limits.
class Guard {
 public:
  explicit Guard(const JsonLimits& limits)
      : max_depth_(limits.max_depth), max_elements_(limits.elements()) {}
  bool operator()(int depth, Json::parse_event_t event, Json&) {
    const bool opens =
        event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (opens && depth >= max_depth_)
      throw std::length_error("nested deeper than " + std::to_string(max_depth_));
    if ((opens || event == Json::parse_event_t::value) && ++elements_ > max_elements_)
      throw std::length_error("of more than " + std::to_string(max_elements_) + " elements");
    return true;
  }

 private:
  int max_depth_;
  size_t max_elements_;
  size_t elements_ = 0;
};

std::string listed(std::span<const std::string_view> names) {
  std::string text;
  for (const auto name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

// What the library says of broken JSON, without what it quotes of the text: that may be long, and a
// secret.
std::string unquoted(const nlohmann::json::exception& error) {
  const std::string what = error.what();
  return what.substr(0, what.find("; last read: "));
}

std::string shown(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

}  // namespace

size_t JsonLimits::elements() const {
  constexpr size_t kFew = 64;
  return max_elements > 0 ? max_elements : std::max(kFew, max_bytes / 8);
}

Result<Json> parse_json(std::string_view text, JsonLimits limits) {
  if (text.size() > limits.max_bytes)
    return fail(too_large("JSON of " + std::to_string(text.size()) + " bytes; at most " +
                          std::to_string(limits.max_bytes) + " are allowed"));
  try {
    return Json::parse(text, Guard(limits));
  } catch (const std::length_error& error) {
    return fail(too_large(std::string("JSON ") + error.what()));
  } catch (const nlohmann::json::exception& error) {
    return fail(invalid("broken JSON: " + unquoted(error)));
  }
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string valid_utf8(const std::string& text) {
  return Json::parse(dump(Json(text))).get<std::string>();
}

std::string_view type_name(const Json& value) {
  if (value.is_number_integer()) return "integer";
  return value.type_name();
}

const Json* find(const Json& value, const std::string& pointer) {
  const Json* at = &value;
  size_t start = 1;
  while (start <= pointer.size()) {
    const size_t end = std::min(pointer.find('/', start), pointer.size());
    std::string key = pointer.substr(start, end - start);
    for (size_t tilde = 0; (tilde = key.find('~', tilde)) != std::string::npos; ++tilde)
      key.replace(tilde, 2, key.compare(tilde, 2, "~1") == 0 ? "/" : "~");
    if (at->is_object()) {
      const auto found = at->find(key);
      if (found == at->end()) return nullptr;
      at = &*found;
    } else if (at->is_array()) {
      if (key.empty() || key.find_first_not_of("0123456789") != std::string::npos) return nullptr;
      const size_t index = std::stoul(key);
      if (index >= at->size()) return nullptr;
      at = &(*at)[index];
    } else {
      return nullptr;
    }
    start = end + 1;
  }
  return at;
}

std::string text_at(const Json& value, const std::string& pointer, std::string otherwise) {
  const Json* found = find(value, pointer);
  return found != nullptr && found->is_string() ? found->get<std::string>() : otherwise;
}

int64_t number_at(const Json& value, const std::string& pointer, int64_t otherwise) {
  const Json* found = find(value, pointer);
  if (found == nullptr || !found->is_number()) return otherwise;
  if (!found->is_number_float()) return found->get<int64_t>();
  constexpr double kBeyond = 0x1p63;
  const auto real = found->get<double>();
  return real >= -kBeyond && real < kBeyond ? static_cast<int64_t>(real) : otherwise;
}

double real_at(const Json& value, const std::string& pointer, double otherwise) {
  const Json* found = find(value, pointer);
  return found != nullptr && found->is_number() ? found->get<double>() : otherwise;
}

bool flag_at(const Json& value, const std::string& pointer, bool otherwise) {
  const Json* found = find(value, pointer);
  return found != nullptr && found->is_boolean() ? found->get<bool>() : otherwise;
}

Reader::Reader(const Json& object, std::string path) : object_(object), path_(std::move(path)) {
  if (!object.is_object())
    add_error(invalid(path_ + " must be an object, found " + std::string(type_name(object))));
}

std::string Reader::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

bool Reader::has(std::string_view key) const {
  if (!object_.is_object()) return false;
  const auto found = object_.find(std::string(key));
  return found != object_.end() && !found->is_null();
}

const Json* Reader::take(std::string_view key) {
  known_.emplace(key);
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(std::string(key));
  if (found == object_.end() || found->is_null()) return nullptr;
  return &*found;
}

void Reader::wrong_type(std::string_view key, const Json& found, std::string_view wanted) {
  std::string shown_value = dump(found);
  if (shown_value.size() > 64) shown_value = shown_value.substr(0, 61) + "...";
  add_error(invalid(path_of(key) + " must be " + std::string(wanted) + ", found " +
                    std::string(type_name(found)) + " " + shown_value));
}

std::optional<std::string> Reader::text(std::string_view key, size_t max_length) {
  const Json* found = take(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_string()) {
    wrong_type(key, *found, "a string");
    return std::nullopt;
  }
  auto value = found->get<std::string>();
  if (value.size() > max_length) {
    add_error(invalid(path_of(key) + " has " + std::to_string(value.size()) +
                      " characters; at most " + std::to_string(max_length) + " are allowed"));
    return std::nullopt;
  }
  return value;
}

std::optional<std::string> Reader::name(std::string_view key, size_t max_length) {
  auto value = text(key, max_length);
  if (!value || !value->empty()) return value;
  add_error(invalid(path_of(key) + " is empty; at least one character is needed"));
  return std::nullopt;
}

std::optional<std::string> Reader::one_of(std::string_view key,
                                          std::span<const std::string_view> allowed) {
  auto value = text(key);
  if (!value) return std::nullopt;
  for (const auto name : allowed)
    if (*value == name) return value;
  add_error(
      invalid(path_of(key) + " must be one of " + listed(allowed) + ", found \"" + *value + "\""));
  return std::nullopt;
}

std::optional<int64_t> Reader::integer(std::string_view key, IntegerRange range) {
  const Json* found = take(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_number_integer()) {
    wrong_type(key, *found, "an integer");
    return std::nullopt;
  }
  const auto value = found->get<int64_t>();
  if (value < range.min || value > range.max) {
    std::string bounds;
    if (range.min != IntegerRange{}.min) bounds += " at least " + std::to_string(range.min);
    if (range.max != IntegerRange{}.max)
      bounds += (bounds.empty() ? "" : " and") + (" at most " + std::to_string(range.max));
    add_error(invalid(path_of(key) + " must be" + bounds + ", found " + std::to_string(value)));
    return std::nullopt;
  }
  return value;
}

std::optional<double> Reader::number(std::string_view key, NumberRange range) {
  const Json* found = take(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_number()) {
    wrong_type(key, *found, "a number");
    return std::nullopt;
  }
  const auto value = found->get<double>();
  const bool below = range.min_exclusive ? value <= range.min : value < range.min;
  if (below || value > range.max) {
    std::string bounds;
    if (range.min != NumberRange{}.min)
      bounds += (range.min_exclusive ? " above " : " at least ") + shown(range.min);
    if (range.max != NumberRange{}.max)
      bounds += (bounds.empty() ? "" : " and") + (" at most " + shown(range.max));
    add_error(invalid(path_of(key) + " must be" + bounds + ", found " + shown(value)));
    return std::nullopt;
  }
  return value;
}

std::optional<bool> Reader::flag(std::string_view key) {
  const Json* found = take(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_boolean()) {
    wrong_type(key, *found, "true or false");
    return std::nullopt;
  }
  return found->get<bool>();
}

std::optional<std::vector<std::string>> Reader::texts(std::string_view key, size_t max_items) {
  const Json* list = array(key, max_items);
  if (list == nullptr) return std::nullopt;
  std::vector<std::string> values;
  for (size_t i = 0; i < list->size(); ++i) {
    if (!(*list)[i].is_string()) {
      wrong_type(std::string(key) + "[" + std::to_string(i) + "]", (*list)[i], "a string");
      return std::nullopt;
    }
    values.push_back((*list)[i].get<std::string>());
  }
  return values;
}

std::optional<std::vector<int64_t>> Reader::integers(std::string_view key, size_t max_items,
                                                     IntegerRange range) {
  const Json* list = array(key, max_items);
  if (list == nullptr) return std::nullopt;
  std::vector<int64_t> values;
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string name = std::string(key) + "[" + std::to_string(i) + "]";
    const Json& item = (*list)[i];
    if (!item.is_number_integer()) {
      wrong_type(name, item, "an integer");
      return std::nullopt;
    }
    const auto value = item.get<int64_t>();
    if (value < range.min || value > range.max) {
      add_error(invalid(path_of(name) + " must be between " + std::to_string(range.min) + " and " +
                        std::to_string(range.max) + ", found " + std::to_string(value)));
      return std::nullopt;
    }
    values.push_back(value);
  }
  return values;
}

const Json* Reader::object(std::string_view key) {
  const Json* found = take(key);
  if (found != nullptr && !found->is_object()) {
    wrong_type(key, *found, "an object");
    return nullptr;
  }
  return found;
}

const Json* Reader::array(std::string_view key, size_t max_items) {
  const Json* found = take(key);
  if (found == nullptr) return nullptr;
  if (!found->is_array()) {
    wrong_type(key, *found, "a list");
    return nullptr;
  }
  if (found->size() > max_items) {
    add_error(invalid(path_of(key) + " has " + std::to_string(found->size()) + " items; at most " +
                      std::to_string(max_items) + " are allowed"));
    return nullptr;
  }
  return found;
}

const Json* Reader::any(std::string_view key) { return take(key); }

Reader& Reader::require(std::string_view key) {
  if (take(key) == nullptr) add_error(invalid(path_of(key) + " is required"));
  return *this;
}

void Reader::add_error(Error error) {
  if (!error_) error_ = std::move(error);
}

void Reader::check(const Result<void>& nested) {
  if (!nested) add_error(nested.error());
}

Result<void> Reader::finish() {
  if (object_.is_object()) {
    for (const auto& [key, value] : object_.items()) {
      if (known_.contains(key) || value.is_null()) continue;  // null is as if it was absent
      std::string names;
      for (const auto& name : known_) names += (names.empty() ? "" : ", ") + name;
      add_error(invalid(path_of(key) + " is not a known field; known: " + names));
    }
  }
  return finish_lenient();
}

Result<void> Reader::finish_lenient() const {
  if (error_) return fail(*error_);
  return {};
}

}  // namespace cresset::base
