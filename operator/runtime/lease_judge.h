#pragma once
// LeaseJudge: whose the lease is, judged by the local monotonic clock alone: another's lease has
// ended when its record did not change for its whole duration since this process first saw it. The
// times in the record are for people; clocks of two nodes may differ by any amount (client-go,
// tools/leaderelection: "tolerates arbitrary clock skew", not skew of rates). Pure state, one
// thread.

#include <optional>

#include "operator/kube/core/lease.h"

namespace cresset::runtime {

struct LeaseTimes {
  std::chrono::milliseconds duration{15000};      // how long a silent leader is waited for
  std::chrono::milliseconds renew_within{10000};  // a leader that could not renew for so long stops
  std::chrono::milliseconds retry{2000};

  // How long a call may take, so that a leader that lost has stopped before its lease ends.
  std::chrono::milliseconds call() const { return (duration - renew_within) * 4 / 5; }

  // The proportions of client-go's defaults (15, 10, 2).
  static LeaseTimes of(std::chrono::seconds duration) {
    const std::chrono::milliseconds span = duration;
    return {span, span * 2 / 3, span * 2 / 15};
  }
};

class LeaseJudge {
 public:
  LeaseJudge(std::string identity, std::string address, LeaseTimes times)
      : identity_(std::move(identity)), address_(std::move(address)), times_(times) {}

  // What was read or written last; `now` counts when it differs from what was seen before.
  void see(const kube::Lease& lease, base::MonoTime now);
  // The record is not there any more. Another's holder is waited for as before, since it leads
  // until it looks, and then makes it anew.
  void see_none();

  const std::optional<kube::Lease>& seen() const { return seen_; }
  bool is_ours() const { return seen_ && seen_->holder == identity_; }
  // Nobody's, ours, or silent for its duration.
  bool may_take(base::MonoTime now) const;
  // The record with which we hold it from `wall` on.
  kube::Lease held(base::WallTime wall) const;
  // The record with which we give it up: the next one need not wait.
  kube::Lease released(base::WallTime wall) const;

 private:
  std::string identity_;
  std::string address_;
  LeaseTimes times_;
  std::optional<kube::Lease> seen_;
  base::MonoTime changed_at_{};
};

}  // namespace cresset::runtime
