#include "tests/support/plan_world.h"

#include "controllers/common/names.h"
#include "operator/kube/core/request.h"

namespace cresset::testing {

using base::Json;

namespace {

// Holds a deleted pod back until settle().
constexpr char kKubelet[] = "tests/kubelet";

struct CarryOut {
  FakeApi& api;
  const std::string now;
  base::Result<void> operator()(const controllers::Apply& change) const {
    Json object = change.object;
    object["metadata"]["uid"] = change.uid.value();
    CRESSET_CHECK(api.apply(change.resource, change.key, object, kube::kFieldManager));
    return {};
  }
  base::Result<void> operator()(const controllers::Create& change) const {
    Json object = change.object;
    if (change.resource == kube::kPods) object["metadata"]["finalizers"] = {kKubelet};
    CRESSET_CHECK(api.create(change.resource, change.key.ns, object));
    CRESSET_CHECK(
        api.merge_patch(change.resource, change.key, {{"metadata", {{"creationTimestamp", now}}}}));
    return {};
  }
  base::Result<void> operator()(const controllers::Patch& change) const {
    Json patch = change.patch;
    patch["metadata"]["uid"] = change.uid.value();
    CRESSET_CHECK(api.merge_patch(change.resource, change.key, patch));
    return {};
  }
  base::Result<void> operator()(const controllers::Delete& change) const {
    const auto before = api.find(change.resource, change.key);
    CRESSET_CHECK(api.remove(change.resource, change.key,
                             {.uid = change.uid, .resource_version = change.version}));
    const auto left = api.find(change.resource, change.key);
    if (before && left && !kube::decode_meta(*before).deleted)
      CRESSET_CHECK(api.merge_patch(change.resource, change.key,
                                    {{"metadata", {{"deletionTimestamp", now}}}}));
    return {};
  }
};

const std::vector<kube::Resource> kKinds = {kube::kTrainingJobs, kube::kModelServices,
                                            kube::kServices,     kube::kNetworkPolicies,
                                            kube::kDeployments,  kube::kPods};

// A mark on a replica that is to leave takes nothing from whose it is: the ReplicaSet of one of the
// owner's Deployments.
void strip_mark(Json& pod, const std::string& owner) {
  Json& meta = pod["metadata"];
  if (base::text_at(pod, "/metadata/ownerReferences/0/kind") != "ReplicaSet" ||
      !base::text_at(pod, "/metadata/ownerReferences/0/name").starts_with(owner + "-"))
    return;
  meta.erase("resourceVersion");
  if (!meta.contains("annotations")) return;
  meta["annotations"].erase("controller.kubernetes.io/pod-deletion-cost");
  if (meta["annotations"].empty()) meta.erase("annotations");
}

void strip(Json& object) {
  for (const char* numbered : {"uid", "resourceVersion", "generation"})
    object["metadata"].erase(numbered);
}

}  // namespace

Json PlanWorld::seed(const kube::Resource& resource, Json object) {
  if (resource == kube::kPods) object["metadata"]["finalizers"] = {kKubelet};
  return api_.seed(resource, std::move(object));
}

void PlanWorld::carry_out(const controllers::Change& change) {
  if (auto done = std::visit(CarryOut{api_, base::format_time(now_)}, change); !done)
    refusals_.push_back(done.error().message());
}

void PlanWorld::carry_out(const controllers::Plan& plan, const kube::Resource& resource,
                          const kube::ObjectKey& owner, size_t steps) {
  const auto write_status = [&] {
    if (steps == 0) return;
    --steps;
    if (api_.find(resource, owner)) api_.set_status(resource, owner, *plan.status);
  };
  if (plan.status && plan.status_first) write_status();
  for (size_t i = 0; i < plan.changes.size() && steps > 0; ++i, --steps) carry_out(plan.changes[i]);
  if (plan.status && !plan.status_first) write_status();
}

void PlanWorld::settle() {
  for (const auto& pod : api_.all(kube::kPods))
    if (const auto meta = kube::decode_meta(pod); meta.deleted) api_.erase(kube::kPods, meta.key());
}

std::string PlanWorld::others(const base::Uid& owner) const {
  std::string text, name;
  for (const auto& service : api_.all(kube::kModelServices))
    if (const auto meta = kube::decode_meta(service); meta.uid == owner) name = meta.name;
  for (const auto& resource : kKinds)
    for (auto object : api_.all(resource))
      if (const auto meta = kube::decode_meta(object);
          meta.uid != owner && !controllers::is_owned_by(meta, owner)) {
        if (resource == kube::kPods) strip_mark(object, name);
        text += object.dump() + "\n";
      }
  return text;
}

std::string PlanWorld::snapshot() const {
  std::string text;
  for (const auto& resource : kKinds)
    for (auto object : api_.all(resource)) {
      strip(object);
      if (Json* digest = object.contains("status") && object["status"].is_object() &&
                                 object["status"].contains("membersDigest")
                             ? &object["status"]["membersDigest"]
                             : nullptr)
        *digest = "of the members";
      text += object.dump() + "\n";
    }
  return text;
}

}  // namespace cresset::testing
