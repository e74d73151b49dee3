#pragma once
// MendBudget: how often what somebody changes in an object of ours is put back (mend.h): the first
// few times in a row at once, then once in kBetween, so that a quarrel with a webhook or another
// controller costs a write a minute; at once again when the object was as it should be for kCalm.
// A plan goes on without the mends that have to wait. Mends that were done count; what becomes of
// one that is refused is the reconciler's business. A job's template that somebody changes in its
// Service is not among them: it is applied anew as often as Expectations let it be, once in five
// seconds where that does not show. In memory only: a new leader begins anew. Time
// is an argument; any thread.
//
//   mends.hold_back(key, plan, clock.mono());
//   auto applied = executor.apply(plan, …); mends.note(key, applied.done, clock.mono());

#include <chrono>
#include <map>
#include <mutex>
#include <optional>

#include "controllers/common/plan.h"
#include "operator/base/clock.h"

namespace cresset::controllers {

class MendBudget {
 public:
  static constexpr int kAtOnce = 3;
  static constexpr std::chrono::seconds kBetween{60};
  static constexpr std::chrono::seconds kCalm{120};

  // Takes those changes out of the plan that can wait and have to; the plan looks again in time.
  void hold_back(const kube::ObjectKey& owner, Plan& plan, base::MonoTime now);
  void note(const kube::ObjectKey& owner, const Plan& done, base::MonoTime now);
  void forget(const kube::ObjectKey& owner);
  // How many owners something is kept of.
  size_t size() const;

 private:
  struct Quarrel {
    std::optional<std::chrono::milliseconds> wait(base::MonoTime now) const;

    int times = 0;            // that it was put back in a row
    base::MonoTime mended{};  // when it was, last
    base::MonoTime seen{};    // when it was last not as it should be
  };

  mutable std::mutex mutex_;
  std::map<kube::ObjectKey, std::map<base::Uid, Quarrel>> quarrels_;  // by owner and child
};

}  // namespace cresset::controllers
