#include "controllers/common/mend.h"

#include <utility>

namespace cresset::controllers {

using base::Json;

namespace {

Json without_defaults_of_port(Json port) {
  if (!port.is_object()) return port;
  if (base::text_at(port, "/protocol") == "TCP") port.erase("protocol");
  const Json* number = base::find(port, "/port");
  const Json* target = base::find(port, "/targetPort");
  if (number != nullptr && target != nullptr && *number == *target) port.erase("targetPort");
  return port;
}

// Two that say the same are equal then. Only `ports` lose what is filled in: a label may be called
// protocol too.
Json without_defaults(const Json& value) {
  if (value.is_array()) {
    Json list = Json::array();
    for (const Json& item : value) list.push_back(without_defaults(item));
    return list;
  }
  if (!value.is_object()) return value;
  Json object = Json::object();
  for (const auto& [key, below] : value.items()) {
    if (below.is_null() || (below.is_array() && below.empty())) continue;
    Json& kept = object[key];
    kept = without_defaults(below);
    if (key == "ports" && kept.is_array())
      for (Json& port : kept) port = without_defaults_of_port(port);
  }
  return object;
}

bool are_equal(const Json* one, const Json* other) {
  return one != nullptr && other != nullptr ? *one == *other : one == other;
}

// The part of a merge patch that makes `wanted` of `actual`: keys that it does not have go.
Json in_place_of(const Json& actual, Json wanted) {
  if (!actual.is_object() || !wanted.is_object()) return wanted;
  for (const auto& [key, value] : actual.items()) {
    Json part = wanted.contains(key) ? in_place_of(value, wanted[key]) : Json();
    wanted[key] = std::move(part);
  }
  return wanted;
}

}  // namespace

Json mend(const Json& actual, const Json& wanted) {
  const Json is = without_defaults(actual);
  const Json should_be = without_defaults(wanted);
  Json patch = Json::object();
  for (const auto& [field, value] : wanted.items()) {
    const std::string at = "/" + field;
    if (are_equal(base::find(is, at), base::find(should_be, at))) continue;
    const Json* before = base::find(actual, at);
    patch[field] = before != nullptr ? in_place_of(*before, value) : value;
  }
  return patch.empty() ? Json() : patch;
}

base::Result<Child> decode_child_to_mend(const kube::JsonView& object, SpecOf wanted) {
  CRESSET_TRY(child, decode_child_meta(object));
  const auto* owner = child.meta.controller();
  const kube::JsonView found = object.find("/spec");
  if (owner == nullptr || !found) return child;
  Json spec = found.json();
  if (!mend(spec, wanted(owner->name)).is_null()) child.spec = std::move(spec);
  return child;
}

}  // namespace cresset::controllers
