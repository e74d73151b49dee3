#include "controllers/training_job/service.h"

#include "controllers/common/mend.h"
#include "controllers/common/names.h"
#include "controllers/training_job/pods.h"
#include "crds/worker_contract/names.h"
#include "operator/base/digest.h"

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

base::Result<Child> decode_service(const kube::JsonView& object) {
  CRESSET_TRY(child, decode_child_to_mend(object, service_spec));
  auto annotations = *child.meta.annotations;
  if (const auto kept = annotations.find(kTemplateAnnotation); kept != annotations.end())
    kept->second = template_digest(kept->second);
  child.meta.annotations = std::move(annotations);
  return child;
}

std::string template_digest(const std::string& text) { return "sha256:" + base::sha256(text); }

std::string kept_digest(const Observed& observed) {
  if (observed.service == nullptr) return "";
  const auto& annotations = *observed.service->meta.annotations;
  const auto kept = annotations.find(kTemplateAnnotation);
  return kept == annotations.end() ? "" : kept->second.str();
}

void take_live_service(Observed& observed, const Json* service, const base::Uid& job) {
  observed.service = nullptr;
  observed.kept_text.reset();
  if (service == nullptr) return;
  auto child = decode_service(*service);
  if (!child || !is_owned_by(child->meta, job)) return;
  observed.service = std::make_shared<const Child>(std::move(*child));
  if (const Json* annotations = base::find(*service, "/metadata/annotations");
      annotations != nullptr && annotations->is_object())
    if (const auto kept = annotations->find(kTemplateAnnotation);
        kept != annotations->end() && kept->is_string())
      observed.kept_text = kept->get<std::string>();
}

}  // namespace cresset::controllers::training_job
