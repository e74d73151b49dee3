#pragma once
// Metric: what a service can be scaled by, as a registry. Each row says how the figure is read out
// of a gateway's line, what it is called in sentences, and how old a line may be before its gateway
// counts as silent. Figures of several gateways and revisions are summed, then averaged over time.
// A new metric needs a row here and its name in the spec: in kScalingMetrics of
// crds/model_service.h (a test holds both lists together) and under spec.scaling.target of
// helm/cresset/schemas/model_service.yaml. A figure that no gateway tells yet is also a field of
// RevisionLoad (crds/worker_contract/load.h and .cc), filled in operator/gateway/gateway.cc.
// Nothing else knows a metric by name. Constants; any thread.

#include <chrono>
#include <span>
#include <string_view>

#include "crds/worker_contract/load.h"

namespace cresset::autoscale {

struct Metric {
  std::string_view name;   // the key under spec.scaling.target
  std::string_view words;  // "requests in flight"
  std::chrono::milliseconds stale_after;
  double (*read)(const worker_contract::RevisionLoad& line);
};

std::span<const Metric> metrics();
// nullptr for a name that is not in the registry.
const Metric* find_metric(std::string_view name);

}  // namespace cresset::autoscale
