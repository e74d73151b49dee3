#pragma once
// Scale: how many replicas a ModelService is to have. Without spec.scaling it is spec.replicas,
// which people and other autoscalers write and we never do; with it, the decider's count. Pure.

#include <string>

#include "controllers/autoscale/decider.h"
#include "controllers/autoscale/metric.h"
#include "controllers/model_service/observe.h"

namespace cresset::controllers::model_service {

struct Scale {
  int count = 0;
  std::optional<crds::ScalingStatus> status;  // the reason of the current count
  std::string words;                          // why it is what it is
};

// A name that decoding lets through has a row in the registry; a test holds both together.
const autoscale::Metric& metric_of(const crds::ScalingSpec& scaling);
autoscale::WindowShape scaling_window(const crds::ScalingSpec& scaling);
autoscale::Policy scaling_policy(const crds::ScalingSpec& scaling);
// `current` are the replicas that answer now, or nullptr for a new service. While `unproven` (the
// model has not been loaded yet and nothing else serves) at least one replica shows that it can be.
Scale decide_scale(const crds::ModelService& service, const Deployment* current,
                   const std::optional<autoscale::Load>& load, bool unproven);

}  // namespace cresset::controllers::model_service
