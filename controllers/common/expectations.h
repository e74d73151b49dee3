#pragma once
// Expectations: what the caches must show before an object is planned again. Caches lag behind our
// own writes; a plan made from one that lags would repeat them (harmless, because names are
// deterministic and the status is written only over the version it was planned from, but each
// repeat is a call). So a reconciler notes what it wrote, also of a plan that was stopped halfway,
// and waits until that is seen, at most kPatience. In memory only; any thread.
//
// kPatience is short on purpose. The controllers of Kubernetes wait five minutes, because they
// count events and draw names: to plan too early makes a second pod. Here a state is looked for,
// which may never show: a pod that was deleted before the cache saw it, a count that somebody else
// set once more, a status that changed nothing. Until patience ends such an owner is not planned at
// all, whatever becomes of its spec and pods. And to end it too early costs no more than calls, one
// to make and one to look for each child that is not shown, once in five seconds.
//
//   if (auto left = expectations.wait_for(job->meta, shows)) return Outcome{left};
//   auto applied = executor.apply(plan, …);
//   expectations.note(job->meta, applied.done, applied.outdated);

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "controllers/common/child.h"
#include "controllers/common/plan.h"
#include "operator/base/clock.h"
#include "operator/base/metrics.h"

namespace cresset::controllers {

// Whether `cached`, nullptr when the cache has none of that name, shows the change that was done
// for `owner`. What was made is not shown by a namesake that an earlier owner has left, nor without
// the labels that it is found by (with them, it would be made once more by each pass); of an Apply
// or Patch the spec is looked at.
bool shows(const Child* cached, const Change& change, const base::Uid& owner);

class Expectations {
 public:
  static constexpr std::chrono::seconds kPatience{5};
  // Whether a cache shows what a change did; true for what is not watched.
  using Shows = std::function<bool(const Change& change)>;

  // `awaited` tells how many owners something is kept of; it outlives this.
  explicit Expectations(base::Clock& clock, base::Gauge* awaited = nullptr)
      : clock_(clock), awaited_(awaited) {}

  // `done` of a plan, made for the owner as `planned_from` shows it, was carried out; beside what
  // was noted since the owner was last waited for. `outdated`: it was seen that there is a newer
  // version of the owner, or none at all any more.
  void note(const kube::ObjectMeta& planned_from, const Plan& done, bool outdated = false);
  // How long at most the owner, seen as `now`, should wait; nothing when all is seen.
  std::optional<std::chrono::milliseconds> wait_for(const kube::ObjectMeta& now,
                                                    const Shows& shows);
  void forget(const kube::ObjectKey& owner);
  size_t size() const;

 private:
  struct Expected {
    base::Uid owner;
    std::vector<Change> changes;                    // of what was made the labels alone
    std::optional<base::ResourceVersion> outdated;  // a version that was written over
    base::MonoTime until;
  };

  void tell_size();  // with the lock held

  base::Clock& clock_;
  base::Gauge* awaited_;
  mutable std::mutex mutex_;
  std::map<kube::ObjectKey, Expected> expected_;
};

}  // namespace cresset::controllers
