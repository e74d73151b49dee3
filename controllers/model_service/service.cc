#include "controllers/model_service/service.h"

#include "controllers/common/names.h"
#include "controllers/model_service/deployment.h"
#include "crds/worker_contract/names.h"

namespace cresset::controllers::model_service {

using base::Json;
namespace contract = worker_contract;

std::string serving_name(const std::string& service) { return child_name(service, "-serving"); }

Json make_service(const crds::ModelService& service, const std::string& revision) {
  const std::string& name = service.meta.name;
  Json object = child_of(service, kube::kServices, serving_name(name), serving_labels(name));
  object["spec"] = {{"type", "ClusterIP"},
                    {"selector", revision_selector(name, revision)},
                    {"ports",
                     {{{"name", "http"},
                       {"port", contract::kServePort},
                       {"protocol", "TCP"},
                       {"targetPort", contract::kServePort}}}}};
  return object;
}

Json make_network_policy(const crds::ModelService& service, const ServingSettings& settings) {
  const std::string& name = service.meta.name;
  Json object = child_of(service, kube::kNetworkPolicies, serving_name(name), serving_labels(name));
  const Json gateways = {
      {"namespaceSelector",
       {{"matchLabels", {{"kubernetes.io/metadata.name", settings.operator_namespace}}}}},
      {"podSelector",
       {{"matchLabels",
         {{"app.kubernetes.io/name", "cresset"}, {"app.kubernetes.io/component", "gateway"}}}}}};
  object["spec"] = {
      {"podSelector", {{"matchLabels", {{contract::kServiceLabel, label_value(name)}}}}},
      {"policyTypes", Json::array({"Ingress"})},
      {"ingress",
       Json::array(
           {{{"from", Json::array({gateways})},
             {"ports", Json::array({{{"port", contract::kServePort}, {"protocol", "TCP"}}})}}})}};
  return object;
}

}  // namespace cresset::controllers::model_service
