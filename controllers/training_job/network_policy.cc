#include "controllers/training_job/network_policy.h"

#include "controllers/common/mend.h"
#include "controllers/common/names.h"
#include "controllers/training_job/pods.h"
#include "controllers/training_job/service.h"
#include "crds/worker_contract/names.h"

namespace cresset::controllers::training_job {

using base::Json;

Json network_policy_spec(const std::string& job) {
  const Json own_pods{{"matchLabels", {{worker_contract::kJobLabel, label_value(job)}}}};
  const Json from_the_group{{"from", Json::array({{{"podSelector", own_pods}}})}};
  const Json metrics{
      {"ports", Json::array({{{"port", worker_contract::kMetricsPort}, {"protocol", "TCP"}}})}};
  return {{"podSelector", own_pods},
          {"policyTypes", {"Ingress"}},
          {"ingress", Json::array({from_the_group, metrics})}};
}

Json make_network_policy(const crds::TrainingJob& job) {
  return {{"apiVersion", "networking.k8s.io/v1"},
          {"kind", "NetworkPolicy"},
          {"metadata",
           {{"name", service_name(job.meta.name)},
            {"namespace", job.meta.ns},
            {"labels", job_labels(job)},
            {"ownerReferences", owner_references(kube::kTrainingJobs, job.meta)}}},
          {"spec", network_policy_spec(job.meta.name)}};
}

base::Result<Child> decode_network_policy(const kube::JsonView& object) {
  return decode_child_to_mend(object, network_policy_spec);
}

}  // namespace cresset::controllers::training_job
