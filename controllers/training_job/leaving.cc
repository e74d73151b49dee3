#include "controllers/training_job/leaving.h"

namespace cresset::controllers::training_job {

namespace {

// The first worker whose pod is that long in leaving.
std::map<int, PodPtr>::const_iterator late_by(const Group& group, int count, base::WallTime now,
                                              std::chrono::seconds span) {
  auto found = group.going.begin();
  while (found != group.going.end() &&
         (found->first >= count || now < *found->second->meta.deleted + span))
    ++found;
  return found;
}

std::string named(int index, const Pod& pod) {
  return "worker " + std::to_string(index) + ": pod " + pod.meta.name;
}

}  // namespace

std::string late_leaver(const Group& group, int count, base::WallTime now) {
  const auto late = late_by(group, count, now, kLeavesLate);
  if (late == group.going.end()) return "";
  return named(late->first, *late->second) + " is being deleted and has not gone; it is waited for";
}

std::optional<JobFailure> decide_leaving(const Group& group, int count, base::WallTime now) {
  const auto late = late_by(group, count, now, kLeavesAtMost);
  if (late == group.going.end()) return std::nullopt;
  return JobFailure{"WorkerStuck",
                    named(late->first, *late->second) + " has not gone " +
                        std::to_string(kLeavesAtMost.count()) +
                        " s after its deletion and is not forced, since it may still run on node " +
                        late->second->node};
}

std::optional<std::chrono::milliseconds> until_leaving_changes(const Group& group, int count,
                                                               base::WallTime now) {
  std::optional<std::chrono::milliseconds> soonest;
  for (const auto& [index, pod] : group.going)
    for (const auto span : {kLeavesLate, kLeavesAtMost}) {
      const auto due = *pod->meta.deleted + span;
      if (index >= count || due <= now) continue;
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - now);
      if (!soonest || left < *soonest) soonest = left;
    }
  return soonest;
}

}  // namespace cresset::controllers::training_job
