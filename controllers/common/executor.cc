#include "controllers/common/executor.h"

#include "controllers/common/create_all.h"

namespace cresset::controllers {

using base::Json;
using base::Result;

namespace {

struct Carry {
  kube::Api& api;
  Result<void> operator()(const Apply& change) const {
    Json object = change.object;
    object["metadata"]["uid"] = change.uid.value();  // refuses a namesake, and makes nothing
    CRESSET_CHECK(api.apply(change.resource, change.key, object, kFieldManager));
    return {};
  }
  Result<void> operator()(const Create&) const { return {}; }
  Result<void> operator()(const Patch& change) const {
    Json patch = change.patch;
    patch["metadata"]["uid"] = change.uid.value();  // refuses a namesake
    const auto done = api.merge_patch(change.resource, change.key, patch);
    if (!done && !change.hint) return base::fail(done.error());
    return {};
  }
  Result<void> operator()(const Delete& change) const {
    auto gone = api.remove(change.resource, change.key,
                           {.uid = change.uid, .grace_seconds = change.grace_seconds});
    // The one that we meant is gone already; a namesake is not ours to delete.
    if (!gone && base::is_conflict(gone.error())) return {};
    return gone;
  }
};

bool makes_or_deletes(const Plan& plan) {
  return std::any_of(plan.changes.begin(), plan.changes.end(), [](const Change& change) {
    return std::holds_alternative<Create>(change) || std::holds_alternative<Delete>(change);
  });
}

// By list, as in create_one.
Result<void> check_owner(kube::Api& api, const Owner& owner) {
  CRESSET_TRY(
      found, api.list(owner.resource,
                      {.ns = owner.meta.ns, .field_selector = "metadata.name=" + owner.meta.name}));
  const Json* newest = base::find(found, "/items/0");
  if (newest == nullptr) return base::fail(base::conflict("the owner is gone"));
  const auto meta = kube::decode_meta(*newest);
  if (meta.uid != owner.meta.uid || meta.generation != owner.meta.generation || meta.deleted)
    return base::fail(base::conflict("the owner has changed; its new version is waited for"));
  return {};
}

}  // namespace

Result<void> Executor::apply_changes(const Plan& plan, const kube::Resource& resource,
                                     const kube::ObjectMeta& owner) {
  for (size_t i = 0; i < plan.changes.size();) {
    std::vector<const Create*> creates;
    for (; i < plan.changes.size(); ++i) {
      const auto* create = std::get_if<Create>(&plan.changes[i]);
      if (create == nullptr) break;
      creates.push_back(create);
    }
    CRESSET_CHECK(create_all(api_, creates, {resource, owner}));
    if (i < plan.changes.size()) CRESSET_CHECK(std::visit(Carry{api_}, plan.changes[i++]));
  }
  return {};
}

Result<void> Executor::write_status(const Json& status, const kube::Resource& resource,
                                    const kube::ObjectMeta& owner) {
  const Json object{{"apiVersion", resource.api_version()},
                    {"kind", resource.kind},
                    {"metadata",
                     {{"name", owner.name},
                      {"namespace", owner.ns},
                      {"uid", owner.uid.value()},
                      {"resourceVersion", owner.resource_version.value()}}},
                    {"status", status}};
  auto written = api_.apply(resource, owner.key(), object, kFieldManager, "status");
  if (!written && !base::is_not_found(written.error())) return base::fail(written.error());
  return {};
}

Result<void> Executor::apply(const Plan& plan, const kube::Resource& resource,
                             const kube::ObjectMeta& owner) {
  if (plan.look_at_owner && makes_or_deletes(plan))
    CRESSET_CHECK(check_owner(api_, {resource, owner}));
  if (plan.status && plan.status_first) CRESSET_CHECK(write_status(*plan.status, resource, owner));
  CRESSET_CHECK(apply_changes(plan, resource, owner));
  if (plan.status && !plan.status_first) CRESSET_CHECK(write_status(*plan.status, resource, owner));
  const runtime::ObjectReference about{resource.api_version(), resource.kind, owner.ns, owner.name,
                                       owner.uid};
  for (const auto& event : plan.events) events_.record(about, event);
  return {};
}

}  // namespace cresset::controllers
