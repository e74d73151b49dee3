#pragma once
// plan: what one pass over a ModelService wants changed. Pure and total: a wrong spec and a model
// that is not there yet become conditions, and what serves meanwhile goes on serving.
//
// A revision is rolled out by making its Deployment beside the one that serves, turning the Service
// to it once it has as many ready replicas, and taking the old one away. The old one's pods answer
// what they hold before they leave. Deployments are rendered once and then only scaled, and so are
// the policies that say what the pods of a revision may reach: those of a release that limited
// nothing are left as they are, so that a newer operator cuts off nothing that runs.

#include "controllers/common/plan.h"
#include "controllers/model_service/observe.h"
#include "controllers/model_service/settings.h"

namespace cresset::controllers::model_service {

Plan plan(const crds::ModelService& service, const Observed& observed,
          const ServingSettings& settings, base::WallTime now);

}  // namespace cresset::controllers::model_service
