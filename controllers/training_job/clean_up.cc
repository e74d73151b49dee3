#include "controllers/training_job/clean_up.h"

namespace cresset::controllers::training_job {

std::vector<PodPtr> pods_to_clean_up(const crds::TrainingJob& job, const Observed& observed,
                                     const Group& group) {
  std::vector<PodPtr> pods;
  if (job.clean_up_policy == "All") {
    for (const auto& pod : observed.pods)
      if (!pod->going()) pods.push_back(pod);
  } else if (job.clean_up_policy == "Running") {
    for (const auto& [index, pod] : group.live) pods.push_back(pod);
    pods.insert(pods.end(), group.surplus.begin(), group.surplus.end());
  }
  return pods;
}

}  // namespace cresset::controllers::training_job
