#include "operator/kube/core/json_view.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <string>
#include <type_traits>

namespace cresset::kube {

using base::Json;
namespace dom = simdjson::dom;

namespace {

using Bytes = std::array<uint64_t, 2>;
static_assert(sizeof(dom::element) == sizeof(Bytes) && std::is_trivially_copyable_v<dom::element>);

dom::element element_of(const Bytes& bytes) { return std::bit_cast<dom::element>(bytes); }
Bytes bytes_of(const dom::element& element) { return std::bit_cast<Bytes>(element); }

std::optional<size_t> index_of(std::string_view key) {
  size_t index = 0;
  const char* end = key.data() + key.size();
  const auto [stopped, error] = std::from_chars(key.data(), end, index);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return index;
}

std::optional<dom::element> field_of(const dom::object& object, std::string_view key) {
  std::optional<dom::element> found;
  for (const auto field : object)
    if (field.key == key) found = field.value;
  return found;
}

std::optional<dom::element> below_in(const dom::element& from, std::string_view key) {
  if (dom::object object; !from.get(object)) return field_of(object, key);
  dom::array array;
  const auto index = index_of(key);
  if (!index || from.get(array)) return std::nullopt;
  dom::element item;
  if (array.at(*index).get(item)) return std::nullopt;
  return item;
}

const Json* below_in(const Json& from, std::string_view key) {
  if (from.is_object()) {
    const auto found = from.find(key);
    return found == from.end() ? nullptr : &*found;
  }
  const auto index = index_of(key);
  return index && from.is_array() && *index < from.size() ? &from[*index] : nullptr;
}

// The part of a pointer that a name is written as: "~1" is "/", "~0" is "~".
std::string unescaped(std::string_view part) {
  std::string name(part);
  for (size_t tilde = 0; (tilde = name.find('~', tilde)) != std::string::npos; ++tilde)
    name.replace(tilde, 2, name.compare(tilde, 2, "~1") == 0 ? "/" : "~");
  return name;
}

int64_t whole(double real, int64_t otherwise) {
  constexpr double kBeyond = 0x1p63;
  return real >= -kBeyond && real < kBeyond ? static_cast<int64_t>(real) : otherwise;
}

int64_t whole(const dom::element& element, int64_t otherwise) {
  if (element.is<int64_t>()) return element.get<int64_t>().value_unsafe();
  if (element.is<uint64_t>()) return static_cast<int64_t>(element.get<uint64_t>().value_unsafe());
  double real = 0;
  return element.get(real) ? otherwise : whole(real, otherwise);
}

bool is_structured(const JsonView& value) { return value.is_object() || value.is_array(); }

}  // namespace

bool JsonView::is_object() const {
  return json_ != nullptr ? json_->is_object() : is_parsed_ && element_of(parsed_).is_object();
}

bool JsonView::is_array() const {
  return json_ != nullptr ? json_->is_array() : is_parsed_ && element_of(parsed_).is_array();
}

std::optional<std::string_view> JsonView::text() const {
  if (json_ != nullptr && json_->is_string()) return json_->get_ref<const std::string&>();
  std::string_view text;
  if (!is_parsed_ || element_of(parsed_).get(text)) return std::nullopt;
  return text;
}

std::optional<bool> JsonView::flag() const {
  if (json_ != nullptr && json_->is_boolean()) return json_->get<bool>();
  bool flag = false;
  if (!is_parsed_ || element_of(parsed_).get(flag)) return std::nullopt;
  return flag;
}

JsonView JsonView::below(std::string_view key) const {
  if (json_ != nullptr) {
    const Json* found = below_in(*json_, key);
    return found == nullptr ? JsonView() : JsonView(*found);
  }
  if (!is_parsed_) return {};
  const auto found = below_in(element_of(parsed_), key);
  return found ? JsonView(bytes_of(*found)) : JsonView();
}

JsonView JsonView::find(std::string_view pointer) const {
  JsonView at = *this;
  while (at && !pointer.empty()) {
    pointer.remove_prefix(1);
    const auto part = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(part.size());
    at = part.find('~') == part.npos ? at.below(part) : at.below(unescaped(part));
  }
  return at;
}

std::string_view JsonView::text_at(std::string_view pointer, std::string_view otherwise) const {
  return find(pointer).text().value_or(otherwise);
}

int64_t JsonView::number_at(std::string_view pointer, int64_t otherwise) const {
  const JsonView found = find(pointer);
  if (found.json_ != nullptr) return base::number_at(*found.json_, "", otherwise);
  return found.is_parsed_ ? whole(element_of(found.parsed_), otherwise) : otherwise;
}

bool JsonView::flag_at(std::string_view pointer, bool otherwise) const {
  return find(pointer).flag().value_or(otherwise);
}

size_t JsonView::size() const {
  if (json_ != nullptr) return json_->is_structured() ? json_->size() : 0;
  if (dom::array array; is_parsed_ && !element_of(parsed_).get(array)) return array.size();
  if (dom::object object; is_parsed_ && !element_of(parsed_).get(object)) return object.size();
  return 0;
}

void JsonView::each_item(const std::function<void(const JsonView&)>& told) const {
  if (json_ != nullptr && json_->is_array())
    for (const auto& item : *json_) told(item);
  if (dom::array array; is_parsed_ && !element_of(parsed_).get(array))
    for (const auto item : array) told(JsonView(bytes_of(item)));
}

void JsonView::each_field(
    const std::function<void(std::string_view, const JsonView&)>& told) const {
  if (json_ != nullptr && json_->is_object())
    for (const auto& [key, value] : json_->items()) told(key, value);
  if (dom::object object; is_parsed_ && !element_of(parsed_).get(object))
    for (const auto field : object) told(field.key, JsonView(bytes_of(field.value)));
}

Json JsonView::scalar() const {
  if (json_ != nullptr) return *json_;
  if (!is_parsed_) return nullptr;
  const dom::element element = element_of(parsed_);
  if (const auto value = text()) return std::string(*value);
  if (const auto value = flag()) return *value;
  if (element.is<int64_t>()) return element.get<int64_t>().value_unsafe();
  if (element.is<uint64_t>()) return element.get<uint64_t>().value_unsafe();
  if (element.is<double>()) return element.get<double>().value_unsafe();
  return nullptr;
}

Json JsonView::json(int max_depth) const {
  const auto is_too_deep = [max_depth](const JsonView& value) {
    return max_depth <= 1 && is_structured(value);
  };
  if (is_array()) {
    Json made = Json::array();
    auto& items = made.get_ref<Json::array_t&>();
    items.reserve(size());
    each_item([&](const JsonView& item) {
      if (!is_too_deep(item)) items.push_back(item.json(max_depth - 1));
    });
    return made;
  }
  if (!is_object()) return scalar();
  Json made = Json::object();
  auto& fields = made.get_ref<Json::object_t&>();
  each_field([&](std::string_view key, const JsonView& value) {
    if (!is_too_deep(value)) fields.insert_or_assign(std::string(key), value.json(max_depth - 1));
  });
  return made;
}

Json object_json(const JsonView& object) {
  Json made = Json::object();
  object.each_field([&](std::string_view name, const JsonView& part) {
    Json& kept = made[std::string(name)];
    if (name != "metadata" || !part.is_object()) {
      kept = part.json(JsonView::kMaxDepth - 1);
      return;
    }
    kept = Json::object();
    part.each_field([&](std::string_view key, const JsonView& value) {
      if (key != "managedFields") kept[std::string(key)] = value.json(JsonView::kMaxDepth - 2);
    });
  });
  return made;
}

}  // namespace cresset::kube
