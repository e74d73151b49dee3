#pragma once
// A worker's pod that is being deleted and does not go: its node may be lost, and its rank may run
// on there. It is waited for, since a second rank of its index would write beside it, and never
// forced, since only a person or the cluster knows that the node is dead. Late, it is told; after
// kLeavesAtMost the job fails, so that the other workers' places (GPUs, mostly) are not held
// for ever. Times count from when its deletion's time was over. Pure.

#include <chrono>
#include <optional>
#include <string>

#include "controllers/training_job/failure_policy.h"

namespace cresset::controllers::training_job {

inline constexpr std::chrono::seconds kLeavesLate{10};
inline constexpr std::chrono::seconds kLeavesAtMost{3600};

// "worker 1: pod digits-1 is being deleted and has not gone; …" of the first that is late, "" when
// none of the `count` workers is.
std::string late_leaver(const Group& group, int count, base::WallTime now);
// The job's failure, when one of them has been waited for long enough.
std::optional<JobFailure> decide_leaving(const Group& group, int count, base::WallTime now);
// When the answer of one of the two above changes next.
std::optional<std::chrono::milliseconds> until_leaving_changes(const Group& group, int count,
                                                               base::WallTime now);

}  // namespace cresset::controllers::training_job
