#include "controllers/model_service/status.h"

#include "controllers/common/names.h"
#include "crds/worker_contract/names.h"

namespace cresset::controllers::model_service {

crds::ModelServiceStatus make_status(const crds::ModelService& service, const Findings& findings,
                                     const Scale& scale, const ServingSettings& settings,
                                     base::WallTime now) {
  crds::ModelServiceStatus status = service.status;
  status.observed_generation = service.meta.generation;
  set_conditions(status.conditions, findings, service.meta.generation, now);
  status.state = state_of(status.conditions);
  status.replicas = findings.existing;
  status.ready_replicas = findings.serving_ready;
  status.selector =
      std::string(worker_contract::kServiceLabel) + "=" + label_value(service.meta.name);
  status.revision = findings.serving;
  if (findings.resolved.model) status.model = *findings.resolved.model;
  if (!settings.gateway_url.empty())
    status.url = settings.gateway_url + "/" + service.meta.ns + "/" + service.meta.name;
  if (findings.invalid.empty()) status.scaling = scale.status;
  return status;
}

bool set_refused(crds::ModelServiceStatus& status, const std::string& message, bool answers,
                 int64_t generation, base::WallTime now) {
  kube::Condition refused{.status = kube::ConditionStatus::kFalse,
                          .reason = kRefused,
                          .message = message.substr(0, kMaxNote),
                          .observed_generation = generation};
  refused.type = kRolledOut;
  bool news = kube::set_condition(status.conditions, refused, now);
  if (!answers) {
    refused.type = kReady;
    news |= kube::set_condition(status.conditions, refused, now);
  }
  // Of what no pass has come to yet nothing is known.
  refused.status = kube::ConditionStatus::kUnknown;
  for (const char* type : {kModelLoaded, kIdle}) {
    if (kube::find_condition(status.conditions, type) != nullptr) continue;
    refused.type = type;
    news |= kube::set_condition(status.conditions, refused, now);
  }
  status.state = state_of(status.conditions);
  status.observed_generation = generation;
  return news;
}

}  // namespace cresset::controllers::model_service
