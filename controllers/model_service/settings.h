#pragma once
// What the operator's flags say about the objects it makes for ModelServices. A value; made in
// main, the same for all plans.

#include <string>

#include "controllers/common/pod_render.h"

namespace cresset::controllers::model_service {

struct ServingSettings {
  WorkerImages images;
  std::string gateway_url;         // "http://cresset-gateway.cresset-system.svc"; "" = no URL
  std::string operator_namespace;  // where the gateways run
};

}  // namespace cresset::controllers::model_service
