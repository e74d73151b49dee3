#pragma once
// What the workers of one job reported last, by worker index: what coordination hands to the
// TrainingJob controller. Only reports of pods whose token was checked are in it. A snapshot value;
// any thread.

#include <map>

#include "crds/worker_contract/coordination.h"
#include "operator/base/clock.h"
#include "operator/base/uid.h"

namespace cresset::worker_contract {

struct WorkerReport {
  base::Uid pod;  // the pod that the token was bound to
  Progress progress;
  base::WallTime received;
  bool operator==(const WorkerReport&) const = default;
};

using JobReports = std::map<int, WorkerReport>;

}  // namespace cresset::worker_contract
