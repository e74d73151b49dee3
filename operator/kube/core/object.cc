#include "operator/kube/core/object.h"

namespace cresset::kube {

namespace {

std::optional<base::WallTime> time_at(const base::Json& value, const std::string& pointer) {
  const auto time = base::parse_time(base::text_at(value, pointer));
  if (!time) return std::nullopt;
  return *time;
}

Texts texts_at(const base::Json& value, const std::string& pointer) {
  Texts texts;
  const base::Json* found = base::find(value, pointer);
  if (found == nullptr || !found->is_object()) return texts;
  texts.reserve(found->size());
  for (const auto& [key, item] : found->items())
    if (item.is_string()) texts.emplace(key, item.get_ref<const std::string&>());
  return texts;
}

std::vector<OwnerReference> owners_at(const base::Json& meta) {
  std::vector<OwnerReference> owners;
  const base::Json* found = base::find(meta, "/ownerReferences");
  if (found == nullptr || !found->is_array()) return owners;
  owners.reserve(found->size());
  for (const auto& item : *found)
    owners.push_back({.api_version = base::text_at(item, "/apiVersion"),
                      .kind = base::text_at(item, "/kind"),
                      .name = base::text_at(item, "/name"),
                      .uid = base::SharedUid(base::text_at(item, "/uid")),
                      .controller = base::flag_at(item, "/controller")});
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

const OwnerReference* ObjectMeta::controller() const {
  for (const auto& owner : owners)
    if (owner.controller) return &owner;
  return nullptr;
}

ObjectMeta decode_meta(const base::Json& object) {
  ObjectMeta meta;
  const base::Json* found = base::find(object, "/metadata");
  if (found == nullptr) return meta;
  meta.ns = base::text_at(*found, "/namespace");
  meta.name = base::text_at(*found, "/name");
  meta.uid = base::Uid(base::text_at(*found, "/uid"));
  meta.resource_version = base::ResourceVersion(base::text_at(*found, "/resourceVersion"));
  meta.generation = base::number_at(*found, "/generation");
  meta.created = time_at(*found, "/creationTimestamp");
  meta.deleted = time_at(*found, "/deletionTimestamp");
  meta.labels = texts_at(*found, "/labels");
  meta.annotations = texts_at(*found, "/annotations");
  meta.owners = owners_at(*found);
  if (const auto* finalizers = base::find(*found, "/finalizers");
      finalizers != nullptr && finalizers->is_array())
    for (const auto& item : *finalizers)
      if (item.is_string()) meta.finalizers.push_back(item.get<std::string>());
  return meta;
}

Identity identify(const base::Json& object) {
  const base::Json* meta = base::find(object, "/metadata");
  if (meta == nullptr) return {};
  return {.key = {base::text_at(*meta, "/namespace"), base::text_at(*meta, "/name")},
          .uid = base::Uid(base::text_at(*meta, "/uid")),
          .resource_version = base::ResourceVersion(base::text_at(*meta, "/resourceVersion"))};
}

base::Json encode_owner(const OwnerReference& owner) {
  return {{"apiVersion", owner.api_version.str()},
          {"kind", owner.kind.str()},
          {"name", owner.name.str()},
          {"uid", owner.uid.value().str()},
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
    base::Json item = {{"type", condition.type},
                       {"status", text_of(condition.status)},
                       {"reason", condition.reason},
                       {"message", condition.message}};
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
