#include "tests/unit/controllers/model_service/world.h"

#include <algorithm>

#include "controllers/model_service/deployment.h"
#include "controllers/model_service/revision.h"
#include "crds/worker_contract/names.h"

namespace cresset::controllers::model_service {

using base::Json;

World::World() {
  service.meta = {.ns = "team", .name = "digits", .uid = base::Uid("owner"), .generation = 1};
  service.spec.model.uri = "s3://models/digits/1";
}

Deployment* World::find(const kube::ObjectKey& key) {
  const auto found = std::ranges::find_if(
      observed.deployments, [&](const Deployment& each) { return each.meta.key() == key; });
  return found == observed.deployments.end() ? nullptr : &*found;
}

void World::put(const kube::Resource& resource, const Json& object) {
  auto child = *decode_child(object);
  child.meta.uid = base::Uid("child-" + std::to_string(uids_++));
  if (resource == kube::kDeployments)
    observed.deployments.push_back(read_deployment(child));
  else if (resource == kube::kServices)
    observed.service = std::make_shared<Child>(child);
  else if (label_of(child.meta, worker_contract::kRevisionLabel).empty())
    observed.policy = std::make_shared<Child>(child);
  else
    put_egress(std::move(child));
}

void World::put_egress(Child policy) {
  remove_egress(policy.meta.key());
  observed.egress.push_back(std::make_shared<Child>(std::move(policy)));
}

void World::remove_egress(const kube::ObjectKey& key) {
  std::erase_if(observed.egress, [&](const auto& each) { return each->meta.key() == key; });
}

void World::merge(const Patch& patch) {
  const auto change = [&](std::shared_ptr<const Child>& child) {
    if (child == nullptr || child->meta.key() != patch.key) return;
    Child changed = *child;
    changed.spec.merge_patch(patch.patch.at("spec"));
    child = std::make_shared<const Child>(std::move(changed));
  };
  if (patch.resource == kube::kServices) return change(observed.service);
  if (patch.resource == kube::kNetworkPolicies) {
    change(observed.policy);
    for (auto& policy : observed.egress) change(policy);
    return;
  }
  if (Deployment* found = find(patch.key))
    found->wanted = patch.patch.at("spec").at("replicas").get<int>();
}

void World::carry_out(const Plan& plan) {
  for (const Change& change : plan.changes) {
    if (const auto* made = std::get_if<Create>(&change)) {
      put(made->resource, made->object);
    } else if (const auto* apply = std::get_if<Apply>(&change)) {
      put(apply->resource, apply->object);
    } else if (const auto* patch = std::get_if<Patch>(&change)) {
      merge(*patch);
    } else if (const auto* policy = std::get_if<Delete>(&change);
               policy != nullptr && policy->resource == kube::kNetworkPolicies) {
      remove_egress(policy->key);
    } else if (const auto* gone = std::get_if<Delete>(&change)) {
      std::erase_if(observed.deployments, [&](const Deployment& each) {
        return each.meta.key() == gone->key && each.meta.uid == gone->uid;
      });
    }
  }
  if (plan.status) service.status = crds::decode_model_service_status(*plan.status);
}

Plan World::pass() {
  Plan plan = look();
  carry_out(plan);
  return plan;
}

void World::all_ready() {
  for (Deployment& deployment : observed.deployments)
    deployment.existing = deployment.ready = deployment.wanted;
}

void World::add_deployment(const std::string& revision, int wanted, int ready) {
  Deployment deployment{.revision = revision, .wanted = wanted, .existing = wanted, .ready = ready};
  deployment.meta = {.ns = service.meta.ns,
                     .name = deployment_name(service.meta.name, revision),
                     .uid = base::Uid("child-" + std::to_string(uids_++))};
  observed.deployments.push_back(deployment);
}

void World::add_pod(const std::string& revision, Pod pod) {
  pod.meta.name = "pod-" + std::to_string(uids_++);
  pod.meta.labels = kube::Texts{{worker_contract::kRevisionLabel, revision}};
  observed.pods.push_back(std::make_shared<Pod>(std::move(pod)));
}

std::string World::wanted_revision() const {
  const Resolved resolved = resolve_model(service, observed.trained);
  return resolved.model ? revision_of(service.spec, *resolved.model) : "";
}

std::string World::reason(const char* condition) const {
  const auto* found = kube::find_condition(service.status.conditions, condition);
  return found == nullptr ? "" : found->reason;
}
std::string World::message(const char* condition) const {
  const auto* found = kube::find_condition(service.status.conditions, condition);
  return found == nullptr ? "" : found->message;
}
bool World::holds(const char* condition) const {
  return kube::is_true(service.status.conditions, condition);
}

}  // namespace cresset::controllers::model_service
