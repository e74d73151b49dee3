#include "controllers/training_job/gone_jobs.h"

namespace cresset::controllers::training_job {

Plan plan_gone(const std::vector<std::shared_ptr<const Pod>>& pods) {
  Plan plan;
  for (const auto& pod : pods)
    // Another owner may keep it.
    if (!pod->going() && pod->meta.owners->size() == 1)
      plan.changes.push_back(Delete{.resource = kube::kPods,
                                    .key = pod->meta.key(),
                                    .uid = pod->meta.uid,
                                    .grace_seconds = std::nullopt,
                                    .version = pod->meta.resource_version});
  return plan;
}

}  // namespace cresset::controllers::training_job
