#include "controllers/model_service/observe.h"

#include "controllers/common/names.h"
#include "controllers/model_service/deployment.h"
#include "controllers/model_service/egress.h"
#include "controllers/model_service/service.h"
#include "crds/worker_contract/names.h"

namespace cresset::controllers::model_service {

using base::Json;

std::string label_of(const kube::ObjectMeta& meta, const char* label) {
  const auto found = meta.labels->find(label);
  return found == meta.labels->end() ? "" : found->second.str();
}

Deployment read_deployment(const Child& child) {
  Deployment deployment{.meta = child.meta,
                        .revision = label_of(child.meta, worker_contract::kRevisionLabel)};
  if (const auto rules = child.meta.annotations->find(kEgressAnnotation);
      rules != child.meta.annotations->end())
    deployment.egress = rules->second;
  deployment.wanted = static_cast<int>(base::number_at(child.spec, "/replicas", 1));
  deployment.existing = static_cast<int>(base::number_at(child.status, "/replicas"));
  deployment.ready = static_cast<int>(base::number_at(child.status, "/readyReplicas"));
  const Json* conditions = base::find(child.status, "/conditions");
  if (conditions == nullptr || !conditions->is_array()) return deployment;
  for (const Json& condition : *conditions)
    if (base::text_at(condition, "/type") == "ReplicaFailure" &&
        base::text_at(condition, "/status") == "True")
      deployment.failure = base::text_at(condition, "/message");
  return deployment;
}

const Deployment* Observed::deployment(const std::string& revision) const {
  for (const Deployment& deployment : deployments)
    if (!revision.empty() && deployment.revision == revision) return &deployment;
  return nullptr;
}

const Child* Observed::egress_of(const std::string& revision) const {
  for (const auto& policy : egress)
    if (label_of(policy->meta, worker_contract::kRevisionLabel) == revision) return policy.get();
  return nullptr;
}

std::string serving_revision(const std::shared_ptr<const Child>& service) {
  if (service == nullptr) return "";
  const Json* selector = base::find(service->spec, "/selector");
  if (selector == nullptr || !selector->is_object()) return "";
  const auto found = selector->find(worker_contract::kRevisionLabel);
  return found != selector->end() && found->is_string() ? found->get<std::string>() : "";
}

std::vector<std::string> service_of(const kube::ObjectMeta& pod) {
  return {pod.ns + "/" + label_of(pod, worker_contract::kServiceLabel)};
}

Observed observe(const crds::ModelService& service, const Caches& caches) {
  Observed observed;
  const auto& meta = service.meta;
  for (const auto& child : owned_by(caches.deployments, meta.ns, meta.uid)) {
    Deployment found = read_deployment(*child);
    // One of another name is none that we made, though it says that it is ours.
    if (found.meta.name == deployment_name(meta.name, found.revision))
      observed.deployments.push_back(std::move(found));
  }
  const kube::ObjectKey key{meta.ns, serving_name(meta.name)};
  observed.service = own_child(caches.services, key, meta.uid);
  observed.policy = own_child(caches.policies, key, meta.uid);
  for (auto& child : owned_by(caches.policies, meta.ns, meta.uid)) {
    const auto revision = label_of(child->meta, worker_contract::kRevisionLabel);
    if (!revision.empty() && child->meta.name == deployment_name(meta.name, revision))
      observed.egress.push_back(std::move(child));
  }
  for (auto& pod : caches.pods.by_index(kByService, meta.ns + "/" + label_value(meta.name)))
    if (!pod->going()) observed.pods.push_back(std::move(pod));
  return observed;
}

}  // namespace cresset::controllers::model_service
