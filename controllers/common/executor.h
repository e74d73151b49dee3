#pragma once
// Executor: the only writer of the controllers. Carries a Plan out in order: changes (creates in a
// row at once, create_all.h, and deletes of pods), then one status write (server-side apply on the
// status subresource; before the changes when the plan says so), then the events. The first error
// (but for that of a hint, and a delete of a pod that has a newer version than was seen, which is
// told when the others are done) stops it and goes to the key's backoff; what was done stays done,
// is told beside the error so that the caches are waited for (expectations.h), and the next pass
// plans from there. The status is written only over the version that was planned from (kConflict
// otherwise), so that no count or round is ever decided twice from a stale cache. Before children
// of an owner that had a status are made or deleted, the owner is read once more
// (Plan.look_at_owner). A name that somebody else holds is kAlreadyExists with words for a person
// (foreign.h): tell them, look again after kHeldNamePeriod. Any thread; owned by main, as is the
// Api.
//
//   auto applied = executor.apply(std::move(plan), kube::kTrainingJobs, job->meta);
//   expectations.note(job->meta, applied.done, applied.outdated);  CRESSET_CHECK(applied.result);

#include <functional>
#include <utility>

#include "controllers/common/create_all.h"
#include "controllers/common/plan.h"
#include "operator/base/result.h"
#include "operator/kube/client/client.h"
#include "operator/runtime/event_recorder.h"
#include "operator/runtime/store.h"

namespace cresset::controllers {

// Nobody tells when a foreign object goes: the caches hold only what has our labels.
inline constexpr std::chrono::seconds kHeldNamePeriod{10};
// And after this where a namespace does not let the caches be filled.
inline constexpr std::chrono::seconds kRefusedPeriod{5};

// What of a plan was done: all of it but for hints that failed, unless `result` is the error that
// stopped it. What got no answer is not in it, though the API server may have done it.
struct Applied {
  base::Result<void> result;
  Plan done;
  bool outdated = false;  // it was stopped since the owner is gone or has a newer version
};

// Whether an owner still is what it was when it was seen: neither deleted nor given another spec.
bool is_as_seen(const kube::ObjectMeta& now, const kube::ObjectMeta& seen);
// The same, as a cache shows it.
using IsAsSeen = std::function<bool(const kube::ObjectMeta& seen)>;
template <typename T>
IsAsSeen as_seen_in(const runtime::Store<T>& owners) {
  return [&owners](const kube::ObjectMeta& seen) {
    const auto now = owners.get(seen.key());
    return now != nullptr && is_as_seen(now->meta, seen);
  };
}

class Executor {
 public:
  // `is_as_seen` is asked before each child of many is made.
  Executor(kube::Api& api, runtime::EventRecorder& events, IsAsSeen is_as_seen = {})
      : api_(api), events_(events), is_as_seen_(std::move(is_as_seen)) {}

  // `owner` is the object that was reconciled, `resource` its kind.
  Applied apply(Plan plan, const kube::Resource& resource, const kube::ObjectMeta& owner);

 private:
  struct Done;
  base::Result<void> carry_out(const Plan& plan, const kube::Resource& resource,
                               const kube::ObjectMeta& owner, Done& done);
  base::Result<void> apply_changes(const Plan& plan, const kube::Resource& resource,
                                   const kube::ObjectMeta& owner, Done& done);
  // The changes from `begin` to `end`, which are creates, or something else.
  base::Result<void> create(const Plan& plan, size_t begin, size_t end, Owner owner, Done& done);
  base::Result<void> carry(const Plan& plan, size_t begin, size_t end,
                           const kube::ObjectMeta& owner, Done& done);
  base::Result<void> write_status(const base::Json& status, const kube::Resource& resource,
                                  const kube::ObjectMeta& owner);

  kube::Api& api_;
  runtime::EventRecorder& events_;
  IsAsSeen is_as_seen_;
  base::WorkerPool helpers_{kCallsAtOnce, kCallsAtOnce};
};

}  // namespace cresset::controllers
