#include "operator/runtime/lease_judge.h"

namespace cresset::runtime {

void LeaseJudge::see(const kube::Lease& lease, base::MonoTime now) {
  if (seen_ == lease) return;
  seen_ = lease;
  changed_at_ = now;
}

void LeaseJudge::see_none() {
  if (seen_) seen_->resource_version = {};
}

bool LeaseJudge::may_take(base::MonoTime now) const {
  if (!seen_ || seen_->holder.empty() || is_ours()) return true;
  return now >= changed_at_ + seen_->duration;
}

kube::Lease LeaseJudge::held(base::WallTime wall) const {
  kube::Lease lease = seen_.value_or(kube::Lease{});
  if (!is_ours()) {
    lease.acquired = wall;
    if (seen_) ++lease.transitions;
  }
  lease.holder = identity_;
  lease.address = address_;
  // Rounded up: a lease of less than a second would be one of none.
  lease.duration = std::chrono::ceil<std::chrono::seconds>(times_.duration);
  lease.renewed = wall;
  return lease;
}

kube::Lease LeaseJudge::released(base::WallTime wall) const {
  kube::Lease lease = seen_.value_or(kube::Lease{});
  lease.holder.clear();
  lease.address.clear();
  lease.duration = std::chrono::seconds(1);
  lease.renewed = wall;
  return lease;
}

}  // namespace cresset::runtime
