#include "controllers/training_job/service.h"

#include "controllers/common/mend.h"
#include "controllers/common/names.h"
#include "controllers/training_job/pods.h"
#include "crds/worker_contract/names.h"

namespace cresset::controllers::training_job {

using base::Json;

std::string service_name(const std::string& job) { return child_name(job, "-workers"); }

Json service_spec(const std::string& job) {
  return {{"type", "ClusterIP"},
          {"clusterIP", "None"},
          {"publishNotReadyAddresses", true},
          {"selector", {{worker_contract::kJobLabel, label_value(job)}}},
          {"ports",
           {{{"name", "store"}, {"port", worker_contract::kStorePort}, {"protocol", "TCP"}},
            {{"name", "metrics"}, {"port", worker_contract::kMetricsPort}, {"protocol", "TCP"}}}}};
}

Json make_service(const crds::TrainingJob& job, std::string pod_template) {
  return {{"apiVersion", "v1"},
          {"kind", "Service"},
          {"metadata",
           {{"name", service_name(job.meta.name)},
            {"namespace", job.meta.ns},
            {"labels", job_labels(job)},
            {"annotations", {{kTemplateAnnotation, std::move(pod_template)}}},
            {"ownerReferences", owner_references(kube::kTrainingJobs, job.meta)}}},
          {"spec", service_spec(job.meta.name)}};
}

base::Result<Child> decode_service(const Json& object) {
  return decode_child_to_mend(object, service_spec);
}

const std::string* kept_template(const Observed& observed) {
  if (observed.service == nullptr) return nullptr;
  const auto& annotations = observed.service->meta.annotations;
  const auto kept = annotations.find(kTemplateAnnotation);
  return kept == annotations.end() ? nullptr : &kept->second;
}

}  // namespace cresset::controllers::training_job
