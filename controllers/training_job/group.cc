#include "controllers/training_job/group.h"

#include <algorithm>

#include "controllers/training_job/pods.h"
#include "crds/worker_contract/names.h"

namespace cresset::controllers::training_job {

namespace {

int label_number(const Pod& pod, const std::string& label) {
  const auto found = pod.meta.labels.find(label);
  if (found == pod.meta.labels.end() || found->second.empty() || found->second.size() > 6 ||
      found->second.find_first_not_of("0123456789") != std::string::npos)
    return -1;
  return std::stoi(found->second);
}

// A success of a round that had to be made anew afterwards.
void drop_outlived(Group& group, int count) {
  for (int index = 0; index < count; ++index)
    if (!group.live.contains(index) && !group.going.contains(index) &&
        !group.succeeded.contains(index))
      return group.form_again();
  std::erase_if(group.succeeded, [&](const auto& entry) {
    return std::any_of(group.live.begin(), group.live.end(), [&](const auto& other) {
      return entry.second->finished && other.second->meta.created &&
             *other.second->meta.created >= *entry.second->finished;
    });
  });
}

}  // namespace

int worker_index(const Pod& pod) { return label_number(pod, worker_contract::kIndexLabel); }

int Group::running() const {
  return static_cast<int>(std::count_if(live.begin(), live.end(), [](const auto& entry) {
    return entry.second->phase == PodPhase::kRunning && !entry.second->ip.empty();
  }));
}

bool Group::all_running(int count) const {
  return static_cast<int>(live.size()) == count && running() == count;
}

int Group::failures() const {
  size_t most = 0;
  for (const auto& [index, pods] : failed) most = std::max(most, count_undisrupted(pods));
  return static_cast<int>(most);
}

std::string Group::disruption(int index) const {
  if (live.contains(index) || succeeded.contains(index)) return "";
  if (const auto found = going.find(index); found != going.end()) return found->second->disruption;
  const auto found = failed.find(index);
  return found == failed.end() ? "" : found->second.back()->disruption;
}

size_t count_undisrupted(const std::vector<PodPtr>& pods) {
  return static_cast<size_t>(
      std::ranges::count_if(pods, [](const PodPtr& pod) { return pod->disruption.empty(); }));
}

Group sort_into_group(const Observed& observed, int count) {
  Group group;
  for (const auto& pod : observed.pods) {
    const int index = worker_index(*pod);
    if (index < 0) continue;
    auto& next = group.next_attempt[index];
    next = std::max(next, label_number(*pod, kAttemptLabel) + 1);
    if (pod->phase == PodPhase::kSucceeded)
      group.succeeded[index] = pod;
    else if (pod->phase == PodPhase::kFailed)
      group.failed[index].push_back(pod);
    else if (pod->going())
      group.going[index] = pod;
    else if (index >= count)
      group.surplus.push_back(pod);
    else
      group.live[index] = pod;
  }
  for (auto& [index, pods] : group.failed)
    std::ranges::stable_sort(pods, {},
                             [](const PodPtr& pod) { return label_number(*pod, kAttemptLabel); });
  if (!group.succeeded.contains(0)) {
    std::erase_if(group.succeeded, [&](const auto& entry) {
      return group.live.contains(entry.first) || group.going.contains(entry.first);
    });
    drop_outlived(group, count);
  }
  return group;
}

}  // namespace cresset::controllers::training_job
