#pragma once
// PlanWorld: a cluster in memory in which plans are carried out step by step, without threads, so
// that properties of a plan function can be checked on thousands of generated states. Pods that are
// deleted stay, marked, until settle(), as they do while their containers end. A create that meets
// a name of somebody else is refused and noted. Not for sharing between threads; owned by a test.
//
//   PlanWorld world(now);  world.seed(kube::kTrainingJobs, job);
//   world.carry_out(plan(...), kube::kTrainingJobs, owner);

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "controllers/common/plan.h"
#include "operator/runtime/store.h"
#include "tests/support/fake_api.h"

namespace cresset::testing {

class PlanWorld {
 public:
  static constexpr size_t kAll = std::numeric_limits<size_t>::max();

  explicit PlanWorld(base::WallTime now) : now_(now) {}

  base::Json seed(const kube::Resource& resource, base::Json object);
  // The first `steps` of the plan, in the order in which the Executor takes them.
  void carry_out(const controllers::Plan& plan, const kube::Resource& resource,
                 const kube::ObjectKey& owner, size_t steps = kAll);
  // Pods that are being deleted are gone.
  void settle();
  FakeApi& api() { return api_; }
  const std::vector<std::string>& refusals() const { return refusals_; }
  // Everything that is there, without what the server numbers (uid, versions): two worlds with the
  // same history differ in nothing else.
  std::string snapshot() const;

  // What `owner` neither is nor owns, to the last byte.
  std::string others(const base::Uid& owner) const;

  // A cache of one kind as an informer would have it.
  template <typename T, typename Decode>
  void fill(runtime::Store<T>& store, const kube::Resource& resource, Decode decode) const {
    for (const auto& object : api_.all(resource))
      store.put(std::make_shared<const T>(std::move(*decode(object))));
  }

 private:
  void carry_out(const controllers::Change& change);

  base::WallTime now_;  // creations are stamped with it
  FakeApi api_;
  std::vector<std::string> refusals_;
};

inline size_t steps_of(const controllers::Plan& plan) {
  return plan.changes.size() + (plan.status ? 1 : 0);
}

}  // namespace cresset::testing
