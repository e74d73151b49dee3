#pragma once
// The Service of a ModelService: its EndpointSlices are what the gateways route by, and its
// selector says which revision gets the requests, so turning it is the roll-out. The NetworkPolicy
// beside it lets only gateways ask the pods, since they check who may; what the pods may reach is
// said by another for each revision (egress.h). Pure; any thread.

#include <string>

#include "controllers/model_service/settings.h"
#include "crds/model_service.h"

namespace cresset::controllers::model_service {

std::string serving_name(const std::string& service);
base::Json make_service(const crds::ModelService& service, const std::string& revision);
base::Json make_network_policy(const crds::ModelService& service, const ServingSettings& settings);

}  // namespace cresset::controllers::model_service
