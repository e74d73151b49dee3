#include "operator/runtime/key_queue.h"

#include <algorithm>

namespace cresset::runtime {

using base::MonoTime;
using kube::ObjectKey;

void KeyQueue::add(const ObjectKey& key, Priority priority, MonoTime now,
                   std::optional<MonoTime> due) {
  const auto [found, added] = asked_.try_emplace(key, Asked{priority, due, now});
  Asked& asked = found->second;
  const bool was_due = !added && !asked.due;
  if (!added) {
    if (asked.due) later_.erase({*asked.due, key});
    asked.priority = std::max(asked.priority, priority);
    if (asked.due && (!due || *due < *asked.due)) asked.due = due;
  }
  if (!asked.due && !was_due) {
    asked.since = now;
    ++became_due_;
  }
  if (!working_.contains(key)) place(key, asked);
}

void KeyQueue::place(const ObjectKey& key, const Asked& asked) {
  if (asked.due)
    later_.emplace(*asked.due, key);
  else
    ready_.push(key, asked.priority, asked.since);
}

void KeyQueue::advance(MonoTime now) {
  while (!later_.empty() && later_.begin()->first <= now) {
    const auto asked = asked_.find(later_.begin()->second);
    later_.erase(later_.begin());
    asked->second.due.reset();
    asked->second.since = now;
    ++became_due_;
    place(asked->first, asked->second);
  }
}

std::optional<FairQueue::Waiting> KeyQueue::take(MonoTime now) {
  advance(now);
  auto next = ready_.pop();
  if (!next) return std::nullopt;
  asked_.erase(next->key);
  working_.emplace(next->key, Work{next->priority, now});
  return next;
}

std::optional<KeyQueue::Work> KeyQueue::done(const ObjectKey& key) {
  const auto work = working_on(key);
  if (!work) return std::nullopt;
  working_.erase(key);
  if (const auto asked = asked_.find(key); asked != asked_.end()) place(key, asked->second);
  return work;
}

std::optional<KeyQueue::Work> KeyQueue::working_on(const ObjectKey& key) const {
  const auto found = working_.find(key);
  if (found == working_.end()) return std::nullopt;
  return found->second;
}

MonoTime KeyQueue::next_due() const {
  return later_.empty() ? MonoTime::max() : later_.begin()->first;
}

}  // namespace cresset::runtime
