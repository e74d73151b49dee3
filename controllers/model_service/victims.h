#pragma once
// Victims: which replicas of a revision leave when it gets fewer: those that hold the fewest
// requests. A ReplicaSet takes first what is not ready, then what has the lowest pod deletion cost
// (Kubernetes, "Pod deletion cost"; pkg/controller/controller_utils.go, ActivePodsWithRanks), so
// the victims are marked with one, just before the Deployment is scaled, and only when a replica
// that holds requests could be taken instead of an idle one. A hint, no promise: the ReplicaSet's
// cache may not show the mark yet, and a replica that is taken finishes what it holds anyway. Pure.

#include <vector>

#include "controllers/common/plan.h"
#include "controllers/model_service/observe.h"

namespace cresset::controllers::model_service {

inline constexpr char kVictimCost[] = "-1000";

inline constexpr int kMostMarks =
    100;  // of one plan, since each is a call before the one that matters

// Patches of the pods of the Deployment's ReplicaSet (by its name: nothing else of ours is owned by
// it), none when it matters not which leave. One that was marked once and is to stay now loses its
// mark.
std::vector<Change> mark_victims(const Observed& observed, const Deployment& deployment, int count);

}  // namespace cresset::controllers::model_service
