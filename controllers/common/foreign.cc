#include "controllers/common/foreign.h"

#include <algorithm>

namespace cresset::controllers {

std::string holder_of(const base::Json& object) {
  const auto meta = kube::decode_meta(object);
  const auto* owner = meta.controller();
  if (owner == nullptr && !meta.owners->empty()) owner = &meta.owners->front();
  if (owner != nullptr) return owner->kind + " " + owner->name;
  if (const auto found = meta.labels->find("app.kubernetes.io/managed-by");
      found != meta.labels->end())
    return "no owner; managed by " + found->second;
  const std::string manager = base::text_at(object, "/metadata/managedFields/0/manager");
  return manager.empty() ? "no owner" : "no owner; written with " + manager;
}

base::Error held_by(const base::Json& object, const Create& create, const kube::Resource& resource,
                    const kube::ObjectMeta& owner) {
  const std::string what = create.resource.kind + " " + create.key.to_string();
  const auto owners = kube::decode_meta(object).owners;
  if (std::ranges::any_of(*owners, [&](const auto& each) {
        return each.kind == resource.kind && each.api_version == resource.api_version() &&
               each.name == owner.name;
      }))
    return base::conflict(what + " is still there of an earlier " + resource.kind + " " +
                          owner.name + "; it is made anew once that one is collected");
  return base::already_exists(what + " exists and belongs to somebody else (" + holder_of(object) +
                              "), so it is left as it is; delete it, or give the " + resource.kind +
                              " another name");
}

}  // namespace cresset::controllers
