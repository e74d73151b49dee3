#include "controllers/common/child.h"

#include "controllers/common/names.h"

namespace cresset::controllers {

using base::Json;

base::Result<Child> decode_child(const kube::JsonView& object) {
  return Child{.meta = kube::decode_meta(object),
               .spec = object.find("/spec").json(),
               .status = object.find("/status").json()};
}

base::Result<Child> decode_deployment_child(const kube::JsonView& object) {
  CRESSET_TRY(child, decode_child(object));
  if (child.spec.is_object()) child.spec.erase("template");
  return child;
}

base::Result<Child> decode_child_meta(const kube::JsonView& object) {
  return Child{.meta = kube::decode_meta(object, is_read), .spec = {}, .status = {}};
}

namespace {
std::string value_of(const std::string& ns, const std::string& uid) { return ns + "/" + uid; }
}  // namespace

std::string owner_value(const std::string& ns, const base::Uid& owner) {
  return value_of(ns, owner.value());
}

std::vector<std::string> owner_of(const kube::ObjectMeta& child) {
  const auto* controller = child.controller();
  if (controller == nullptr) return {};
  return {value_of(child.ns, controller->uid.value())};
}

std::shared_ptr<const Child> own_child(const runtime::Store<Child>& store,
                                       const kube::ObjectKey& key, const base::Uid& owner) {
  auto child = store.get(key);
  return child != nullptr && is_owned_by(child->meta, owner) ? child : nullptr;
}

bool covers(const Json& actual, const Json& wanted) {
  if (wanted.is_object()) {
    if (!actual.is_object()) return false;
    for (const auto& [key, value] : wanted.items()) {
      const auto found = actual.find(key);
      const bool there = found != actual.end();
      if (value.is_null() ? there : !there || !covers(*found, value)) return false;
    }
    return true;
  }
  if (wanted.is_array()) {
    if (!actual.is_array() || actual.size() != wanted.size()) return false;
    for (size_t i = 0; i < wanted.size(); ++i)
      if (!covers(actual[i], wanted[i])) return false;
    return true;
  }
  return actual == wanted;
}

}  // namespace cresset::controllers
