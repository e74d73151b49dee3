#pragma once
// WorkerEnd of a pod: what ended a worker, as rules and counts know it (crds/failure_policy.h), and
// in words. Of a pod that the cluster took away (its condition DisruptionTarget) the exit code says
// nothing, and of one that somebody deleted there is no end to judge, unless the worker says that
// its input is bad. Pure.

#include <optional>
#include <string>

#include "controllers/common/pod.h"
#include "crds/failure_policy.h"

namespace cresset::controllers::training_job {

// Of a pod that is terminal or going.
std::optional<crds::WorkerEnd> end_of(const Pod& pod);
// Of the reason of a condition DisruptionTarget.
std::string_view cause_of_disruption(const std::string& reason);
// "worker 1 (pod digits-1) ended with exit code 137 (OOMKilled): …"
std::string describe_end(const Pod& pod);

}  // namespace cresset::controllers::training_job
