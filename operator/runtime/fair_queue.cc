#include "operator/runtime/fair_queue.h"

namespace cresset::runtime {

using kube::ObjectKey;

void FairQueue::push(const ObjectKey& key, Priority priority, base::MonoTime since) {
  const auto [place, added] = places_.try_emplace(key, Place{priority, since, {}});
  if (!added) {
    if (priority <= place->second.priority) return;
    unlink(place);
    place->second.priority = priority;
  }
  link(place);
}

std::optional<FairQueue::Waiting> FairQueue::pop() {
  Level* level = next_level();
  if (level == nullptr) return std::nullopt;
  const auto place = places_.find(*level->turns.front().keys.front());
  level->turns.splice(level->turns.end(), level->turns, level->turns.begin());
  const Waiting next{place->first, place->second.priority, place->second.since};
  unlink(place);
  places_.erase(place);
  return next;
}

size_t FairQueue::size(Priority priority) const {
  const auto level = levels_.find(priority);
  return level == levels_.end() ? 0 : level->second.keys;
}

void FairQueue::link(Places::iterator place) {
  Level& level = levels_[place->second.priority];
  const auto [tenant, added] = level.tenants.try_emplace(place->first.ns);
  if (added) tenant->second = level.turns.insert(level.turns.end(), Tenant{place->first.ns, {}});
  Keys& keys = tenant->second->keys;
  place->second.position = keys.insert(keys.end(), &place->first);
  ++level.keys;
}

void FairQueue::unlink(Places::iterator place) {
  Level& level = levels_[place->second.priority];
  const auto tenant = level.tenants.find(place->first.ns);
  tenant->second->keys.erase(place->second.position);
  if (tenant->second->keys.empty()) {
    level.turns.erase(tenant->second);
    level.tenants.erase(tenant);
  }
  if (--level.keys == 0) level.passed_over = 0;
}

// The highest that has keys, or a lower one whose patience is at its end.
FairQueue::Level* FairQueue::next_level() {
  Level* next = nullptr;
  for (auto& [priority, level] : levels_)
    if (level.keys > 0 && (next == nullptr || level.passed_over >= kPatience)) next = &level;
  for (auto& [priority, level] : levels_)
    if (level.keys > 0) level.passed_over = &level == next ? 0 : level.passed_over + 1;
  return next;
}

}  // namespace cresset::runtime
