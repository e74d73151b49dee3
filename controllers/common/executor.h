#pragma once
// Executor: the only writer of the controllers. Carries a Plan out in order: changes (a run of
// creates in parallel, create_all.h), then one status write (server-side apply on the status
// subresource; before the changes when the plan says so), then the events. The first error (but
// for that of a hint) stops it and goes to the key's backoff; what was done stays done, and the
// next pass plans from there. The status is written only over the version that was planned from
// (kConflict otherwise), so that no count or round is ever decided twice from a stale cache. Before
// children of an owner that had a status are made or deleted, the owner is read once more
// (Plan.look_at_owner). A name that somebody else holds is kAlreadyExists with words for a person
// (foreign.h): tell them, look again after kHeldNamePeriod. Any thread; owned by main, as is the
// Api.

#include "controllers/common/plan.h"
#include "operator/base/result.h"
#include "operator/kube/client/client.h"
#include "operator/runtime/event_recorder.h"

namespace cresset::controllers {

inline constexpr char kFieldManager[] = "cresset-operator";
// Nobody tells when a foreign object goes: the caches hold only what has our labels.
inline constexpr std::chrono::seconds kHeldNamePeriod{10};
// And after this where a namespace does not let the caches be filled.
inline constexpr std::chrono::seconds kRefusedPeriod{5};

class Executor {
 public:
  Executor(kube::Api& api, runtime::EventRecorder& events) : api_(api), events_(events) {}

  // `owner` is the object that was reconciled, `resource` its kind.
  base::Result<void> apply(const Plan& plan, const kube::Resource& resource,
                           const kube::ObjectMeta& owner);

 private:
  base::Result<void> apply_changes(const Plan& plan, const kube::Resource& resource,
                                   const kube::ObjectMeta& owner);
  base::Result<void> write_status(const base::Json& status, const kube::Resource& resource,
                                  const kube::ObjectMeta& owner);

  kube::Api& api_;
  runtime::EventRecorder& events_;
};

}  // namespace cresset::controllers
