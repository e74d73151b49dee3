#pragma once
// What coordination reads of the objects in the caches. Pure; any thread.

#include <optional>

#include "crds/training_job.h"
#include "operator/coordination/membership.h"

namespace cresset::coordination {

// Nothing of a job that another controller manages: to coordination there is none.
std::optional<JobView> job_view(const crds::TrainingJob& job);
// `ended`: its containers have. The index is -1 when its label is missing or no number.
WorkerPod worker_pod(const kube::ObjectMeta& meta, const std::string& ip, bool ended);

}  // namespace cresset::coordination
