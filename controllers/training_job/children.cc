#include "controllers/training_job/children.h"

#include "controllers/common/mend.h"
#include "controllers/training_job/network_policy.h"
#include "controllers/training_job/service.h"

namespace cresset::controllers::training_job {

using base::Json;

namespace {

void mend_child(const std::string& job, const kube::Resource& resource, const Child* child,
                SpecOf wanted, bool can_wait, std::vector<Change>& changes) {
  if (child == nullptr || child->spec.is_null()) return;
  // Some changes the API server does not let anybody take back (a cluster IP), some nobody may
  // (another's admission policy): the job goes on all the same.
  if (Json patch = mend(child->spec, wanted(job)); !patch.is_null())
    changes.push_back(Patch{.resource = resource,
                            .key = child->meta.key(),
                            .uid = child->meta.uid,
                            .patch = {{"spec", std::move(patch)}},
                            .hint = true,
                            .can_wait = can_wait});
}

void keep_service(const kube::ObjectKey& key, const Child* kept, Json service,
                  std::vector<Change>& changes) {
  if (kept == nullptr)
    changes.push_back(Create{kube::kServices, key, std::move(service)});
  else
    changes.push_back(Apply{kube::kServices, key, kept->meta.uid, std::move(service)});
}

}  // namespace

void keep_children_of(const crds::TrainingJob& job, const Observed& observed,
                      const TemplateDecision& decision, std::vector<Change>& changes) {
  const std::string& name = job.meta.name;
  const kube::ObjectKey key{job.meta.ns, service_name(name)};
  // Before it is applied over: a port that got another number would still hold its name.
  const bool can_wait = !decision.write;  // the Service's: it goes before what is applied over it
  mend_child(name, kube::kServices, observed.service.get(), service_spec, can_wait, changes);
  if (decision.write)
    keep_service(key, observed.service.get(), make_service(job, *decision.text), changes);
  if (observed.network_policy == nullptr)
    changes.push_back(Create{kube::kNetworkPolicies, key, make_network_policy(job)});
  mend_child(name, kube::kNetworkPolicies, observed.network_policy.get(), network_policy_spec, true,
             changes);
}

}  // namespace cresset::controllers::training_job
