#include "operator/kube/core/object.h"

namespace cresset::kube {

namespace {

base::MaybeTime time_at(const JsonView& value, std::string_view pointer) {
  const auto text = value.text_at(pointer);
  if (text.empty()) return {};
  const auto time = base::parse_time(std::string(text));
  return time ? *time : base::MaybeTime();
}

Texts texts_at(const JsonView& value, std::string_view pointer, bool (*is_read)(std::string_view)) {
  Texts texts;
  value.find(pointer).each_field([&](std::string_view key, const JsonView& item) {
    if (is_read != nullptr && !is_read(key)) return;
    if (const auto text = item.text())
      texts.insert_or_assign(key, *text);
    else
      texts.erase(key);
  });
  return texts;
}

Owners owners_at(const JsonView& meta) {
  Owners owners;
  const JsonView found = meta.find("/ownerReferences");
  owners.reserve(found.is_array() ? found.size() : 0);
  found.each_item([&](const JsonView& item) {
    owners.push_back({.api_version = item.text_at("/apiVersion"),
                      .kind = item.text_at("/kind"),
                      .name = item.text_at("/name"),
                      .uid = base::Uid(item.text_at("/uid")),
                      .controller = item.flag_at("/controller")});
  });
  return owners;
}

std::string_view text_of(ConditionStatus status) {
  if (status == ConditionStatus::kTrue) return "True";
  if (status == ConditionStatus::kFalse) return "False";
  return "Unknown";
}

ConditionStatus status_of(const std::string& text) {
  if (text == "True") return ConditionStatus::kTrue;
  if (text == "False") return ConditionStatus::kFalse;
  return ConditionStatus::kUnknown;
}

}  // namespace

size_t hash_of(const Texts& texts) {
  size_t hash = texts.size();
  for (const auto& [name, text] : texts)
    hash = base::hash_with(hash, base::hash_with(hash_of(name), hash_of(text)));
  return hash;
}

size_t hash_of(const Owners& owners) {
  size_t hash = owners.size();
  for (const auto& owner : owners) hash = base::hash_with(hash, hash_of(owner.uid));
  return hash;
}

const OwnerReference* ObjectMeta::controller() const {
  for (const auto& owner : *owners)
    if (owner.controller) return &owner;
  return nullptr;
}

ObjectMeta decode_meta(const JsonView& object, bool (*is_read)(std::string_view name)) {
  ObjectMeta meta;
  const JsonView found = object.find("/metadata");
  meta.ns = found.text_at("/namespace");
  meta.name = found.text_at("/name");
  meta.uid = base::Uid(found.text_at("/uid"));
  meta.resource_version = base::ResourceVersion(found.text_at("/resourceVersion"));
  meta.generation = found.number_at("/generation");
  meta.created = time_at(found, "/creationTimestamp");
  meta.deleted = time_at(found, "/deletionTimestamp");
  meta.labels = texts_at(found, "/labels", is_read);
  meta.annotations = texts_at(found, "/annotations", is_read);
  meta.owners = owners_at(found);
  return meta;
}

Identity identify(const JsonView& object) {
  const JsonView meta = object.find("/metadata");
  return {.key = {std::string(meta.text_at("/namespace")), std::string(meta.text_at("/name"))},
          .uid = base::Uid(meta.text_at("/uid")),
          .resource_version = base::ResourceVersion(meta.text_at("/resourceVersion"))};
}

base::Json encode_owner(const OwnerReference& owner) {
  return {{"apiVersion", owner.api_version.str()},
          {"kind", owner.kind.str()},
          {"name", owner.name.str()},
          {"uid", owner.uid.value()},
          {"controller", owner.controller},
          {"blockOwnerDeletion", true}};
}

std::vector<Condition> decode_conditions(const base::Json& list) {
  std::vector<Condition> conditions;
  if (!list.is_array()) return conditions;
  for (const auto& item : list)
    conditions.push_back({.type = base::text_at(item, "/type"),
                          .status = status_of(base::text_at(item, "/status")),
                          .reason = base::text_at(item, "/reason"),
                          .message = base::text_at(item, "/message"),
                          .last_transition = time_at(item, "/lastTransitionTime"),
                          .observed_generation = base::number_at(item, "/observedGeneration")});
  return conditions;
}

base::Json encode_conditions(const std::vector<Condition>& conditions) {
  base::Json list = base::Json::array();
  for (const auto& condition : conditions) {
    base::Json item = {{"type", condition.type.str()},
                       {"status", text_of(condition.status)},
                       {"reason", condition.reason.str()},
                       {"message", condition.message.str()}};
    if (condition.last_transition)
      item["lastTransitionTime"] = base::format_time(*condition.last_transition);
    if (condition.observed_generation > 0)
      item["observedGeneration"] = condition.observed_generation;
    list.push_back(std::move(item));
  }
  return list;
}

bool set_condition(std::vector<Condition>& conditions, Condition condition, base::WallTime now) {
  // metav1.Time has whole seconds, and a message that was cut within a character is no UTF-8: what
  // is kept must equal what comes back from the server.
  const auto moved = base::WallTime(std::chrono::floor<std::chrono::seconds>(now));
  condition.message = base::valid_utf8(condition.message);
  for (auto& present : conditions) {
    if (present.type != condition.type) continue;
    const bool same_status = present.status == condition.status && present.last_transition;
    condition.last_transition = same_status ? present.last_transition : moved;
    if (present == condition) return false;
    present = std::move(condition);
    return true;
  }
  condition.last_transition = moved;
  conditions.push_back(std::move(condition));
  return true;
}

const Condition* find_condition(const std::vector<Condition>& conditions, std::string_view type) {
  for (const auto& condition : conditions)
    if (condition.type == type) return &condition;
  return nullptr;
}

bool is_true(const std::vector<Condition>& conditions, std::string_view type) {
  const auto* condition = find_condition(conditions, type);
  return condition != nullptr && condition->status == ConditionStatus::kTrue;
}

}  // namespace cresset::kube
