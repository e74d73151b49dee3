#include "controllers/model_service/deployment.h"

#include <algorithm>

#include "controllers/common/names.h"
#include "controllers/model_service/egress.h"
#include "crds/worker_contract/names.h"
#include "crds/worker_contract/quantity.h"

namespace cresset::controllers::model_service {

using base::Json;
namespace contract = worker_contract;

namespace {

// Gateways learn from the EndpointSlice that a pod goes; until then it still answers.
constexpr int kNoticeSeconds = 2;
constexpr int kExitSeconds = 3;

Json environment(const crds::ModelService& service, const crds::ServedModel& model,
                 const std::string& revision) {
  const auto& spec = service.spec;
  const contract::ServeConfig config{
      .ns = service.meta.ns,
      .name = service.meta.name,
      .revision = revision,
      .model_uri = model.uri,
      .model_digest = model.digest,
      .storage = spec.storage,
      .batching = spec.batching,
      .max_request_bytes = spec.max_request_bytes,
      .drain_seconds = spec.drain_seconds,
      .gpus = static_cast<int>(std::min(spec.pod.gpus(), contract::kMaxGpus))};
  Json list = Json::array();
  list.push_back(env(contract::kConfigEnv, base::dump(contract::encode(config))));
  list.push_back(env_field(contract::kPodNameEnv, "metadata.name"));
  for (auto& variable : storage_env(spec.storage, contract::buckets_of({model.uri}), spec.pod))
    list.push_back(std::move(variable));
  return list;
}

Json probe(const char* path, int period, int failures) {
  return {{"httpGet", {{"path", path}, {"port", "http"}}},
          {"periodSeconds", period},
          {"timeoutSeconds", period},
          {"failureThreshold", failures}};
}

Json container(const crds::ModelService& service, const crds::ServedModel& model,
               const std::string& revision, const ServingSettings& settings) {
  const auto& pod = service.spec.pod;
  return {{"name", worker_contract::kServeContainer},
          {"image", image_for(pod, settings.images)},
          {"imagePullPolicy", settings.images.pull_policy},
          {"args", {"serve"}},
          {"env", environment(service, model, revision)},
          {"ports", Json::array({{{"name", "http"}, {"containerPort", contract::kServePort}}})},
          {"readinessProbe", probe("/v2/health/ready", 1, 3)},
          {"livenessProbe", probe("/v2/health/live", 10, 6)},
          {"lifecycle", {{"preStop", {{"sleep", {{"seconds", kNoticeSeconds}}}}}}},
          {"resources", pod.resources},
          {"terminationMessagePath", contract::kTerminationPath},
          {"securityContext", container_security_context()},
          {"volumeMounts",
           {{{"name", "models"}, {"mountPath", contract::kModelPath}},
            {{"name", "tmp"}, {"mountPath", "/tmp"}}}}};
}

Json spread(const Json& selector) {
  return Json::array({{{"maxSkew", 1},
                       {"topologyKey", "kubernetes.io/hostname"},
                       {"whenUnsatisfiable", "ScheduleAnyway"},
                       {"labelSelector", {{"matchLabels", selector}}}}});
}

Json pod_spec(const crds::ModelService& service, const crds::ServedModel& model,
              const std::string& revision, const ServingSettings& settings) {
  Json spec = {
      {"automountServiceAccountToken", false},
      {"enableServiceLinks", false},
      {"terminationGracePeriodSeconds", kNoticeSeconds + service.spec.drain_seconds + kExitSeconds},
      {"securityContext", pod_security_context()},
      {"containers", Json::array({container(service, model, revision, settings)})},
      {"topologySpreadConstraints", spread(revision_selector(service.meta.name, revision))},
      {"volumes",
       {{{"name", "models"}, {"emptyDir", Json::object()}},
        {{"name", "tmp"}, {"emptyDir", Json::object()}}}}};
  put_pod_options(service.spec.pod, spec);
  return spec;
}

}  // namespace

std::string deployment_name(const std::string& service, const std::string& revision) {
  return child_name(service, "-" + revision);
}

Json child_of(const crds::ModelService& service, const kube::Resource& resource,
              const std::string& name, const Json& labels) {
  return {{"apiVersion", resource.api_version()},
          {"kind", resource.kind},
          {"metadata",
           {{"name", name},
            {"namespace", service.meta.ns},
            {"labels", labels},
            {"ownerReferences", owner_references(kube::kModelServices, service.meta)}}}};
}

Json serving_labels(const std::string& service) {
  Json labels = recommended_labels(service, "serving");
  labels[contract::kServiceLabel] = label_value(service);
  return labels;
}

Json revision_labels(const std::string& service, const std::string& revision) {
  Json labels = serving_labels(service);
  labels[contract::kRevisionLabel] = revision;
  return labels;
}

Json revision_selector(const std::string& service, const std::string& revision) {
  return {{contract::kServiceLabel, label_value(service)}, {contract::kRevisionLabel, revision}};
}

Json make_deployment(const crds::ModelService& service, const crds::ServedModel& model,
                     const std::string& revision, int replicas, const ServingSettings& settings) {
  const std::string& name = service.meta.name;
  const Json labels = revision_labels(name, revision);
  Json deployment = child_of(service, kube::kDeployments, deployment_name(name, revision), labels);
  deployment["metadata"]["annotations"][kEgressAnnotation] =
      base::dump(egress_rules(service, model.uri));
  deployment["spec"] = {{"replicas", replicas},
                        {"revisionHistoryLimit", 0},
                        {"selector", {{"matchLabels", revision_selector(name, revision)}}},
                        {"template",
                         {{"metadata", {{"labels", labels}}},
                          {"spec", pod_spec(service, model, revision, settings)}}}};
  return deployment;
}

}  // namespace cresset::controllers::model_service
