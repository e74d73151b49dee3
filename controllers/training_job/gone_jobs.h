#pragma once
// The pods of jobs that are gone. The garbage collector takes them too, but at the pace of the
// controller manager's client (20 calls a second unless its flags say otherwise, two for a pod), so
// that a job of a thousand would hold its GPUs for more than a minute after it was deleted. What
// went while no operator looked is left to the collector.
//
//   if (const auto job = gone.take(key)) executor.apply(plan_gone(pods_of(*job)), …);

#include <memory>
#include <vector>

#include "controllers/common/plan.h"
#include "controllers/common/pod.h"

namespace cresset::controllers::training_job {

// Deletes each of these, which that job owned, as it was seen: one that has another version may
// have been given away first (kubectl delete --cascade=orphan), and is the collector's business.
// Pure.
Plan plan_gone(const std::vector<std::shared_ptr<const Pod>>& pods);

}  // namespace cresset::controllers::training_job
