#pragma once
// The Deployment of one revision. Rendered once: what runs is afterwards only scaled, never
// rendered again, so that a newer operator rolls nothing. Its pods pass the `restricted` Pod
// Security level, have no token for the API server, and leave after the gateways have seen them go.
// Pure; any thread.

#include <string>

#include "controllers/model_service/settings.h"
#include "crds/model_service.h"
#include "operator/kube/core/resource.h"

namespace cresset::controllers::model_service {

base::Json make_deployment(const crds::ModelService& service, const crds::ServedModel& model,
                           const std::string& revision, int replicas,
                           const ServingSettings& settings);

// {apiVersion, kind, metadata} of an object that `service` owns.
base::Json child_of(const crds::ModelService& service, const kube::Resource& resource,
                    const std::string& name, const base::Json& labels);
std::string deployment_name(const std::string& service, const std::string& revision);
// Of the pods of all revisions, or of one.
base::Json serving_labels(const std::string& service);
base::Json revision_labels(const std::string& service, const std::string& revision);
// What the Deployment and the Service select by.
base::Json revision_selector(const std::string& service, const std::string& revision);

}  // namespace cresset::controllers::model_service
