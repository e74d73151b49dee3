#include "controllers/training_job/group.h"

#include <algorithm>

#include "controllers/training_job/pods.h"

namespace cresset::controllers::training_job {

namespace {

// The first attempt that lives is the worker; a later one was not made by us, who wait for the end
// of the first.
void add_live(Group& group, int index, PodPtr pod) {
  const auto [seen, is_first] = group.live.try_emplace(index, pod);
  if (is_first) return;
  if (worker_attempt(pod->meta) < worker_attempt(seen->second->meta)) std::swap(seen->second, pod);
  group.surplus.push_back(std::move(pod));
}

// A success of a round that had to be made anew afterwards.
void drop_outlived(Group& group, int count) {
  for (int index = 0; index < count; ++index)
    if (!group.live.contains(index) && !group.going.contains(index) &&
        !group.succeeded.contains(index))
      return group.form_again();
  std::erase_if(group.succeeded, [&](const auto& entry) {
    return std::any_of(group.live.begin(), group.live.end(), [&](const auto& other) {
      return entry.second->details->finished && other.second->meta.created &&
             *other.second->meta.created >= *entry.second->details->finished;
    });
  });
}

}  // namespace

int Group::running() const {
  return static_cast<int>(std::count_if(live.begin(), live.end(), [](const auto& entry) {
    return entry.second->phase == PodPhase::kRunning && !entry.second->ip.empty();
  }));
}

bool Group::all_running(int count) const {
  return static_cast<int>(live.size()) == count && running() == count;
}

size_t count_own_failures(const std::vector<PodPtr>& pods) {
  return static_cast<size_t>(
      std::ranges::count_if(pods, [](const PodPtr& pod) { return !pod->asked_to_end(); }));
}

Group sort_into_group(const Observed& observed, int count) {
  Group group;
  for (const auto& pod : observed.pods) {
    const int index = worker_index(pod->meta);
    if (index < 0) continue;
    auto& next = group.next_attempt[index];
    next = std::max(next, worker_attempt(pod->meta) + 1);
    if (pod->phase == PodPhase::kSucceeded)
      group.succeeded[index] = pod;
    else if (pod->phase == PodPhase::kFailed)
      group.failed[index].push_back(pod);
    else if (pod->going())
      group.going[index] = pod;
    else if (index >= count)
      group.surplus.push_back(pod);
    else
      add_live(group, index, pod);
  }
  for (auto& [index, pods] : group.failed)
    std::ranges::stable_sort(pods, {}, [](const PodPtr& pod) { return worker_attempt(pod->meta); });
  if (!group.succeeded.contains(0)) {
    std::erase_if(group.succeeded, [&](const auto& entry) {
      return group.live.contains(entry.first) || group.going.contains(entry.first);
    });
    drop_outlived(group, count);
  }
  return group;
}

}  // namespace cresset::controllers::training_job
