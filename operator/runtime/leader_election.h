#pragma once
// LeaderElection: one of several replicas leads, the one that holds a Lease and keeps renewing it.
// As client-go's tools/leaderelection: the leader renews by an optimistic replace, and only reads
// after one that failed; when it could not renew for `renew_within` it has lost, before anybody
// else may take the lease. A lost lease is no fence: what the old leader has sent may still arrive,
// so every write carries a UID or version of its own. Losing calls on_lost, which must end the
// process at once; run() returns after it. When stopped, it gives the lease up, so that the next
// takes over within a retry: it is added to the Manager first, and so stopped last.
//
// A Runnable; owned by main; leading(), leader() and overdue() from any thread. `api` is a client
// of its own, so that the renewal never waits behind other calls, each of which ends within
// LeaseTimes::call().

#include <functional>
#include <mutex>
#include <string>

#include "operator/base/backoff.h"
#include "operator/base/clock.h"
#include "operator/base/log.h"
#include "operator/base/metrics.h"
#include "operator/kube/client/client.h"
#include "operator/runtime/informer.h"
#include "operator/runtime/lease_judge.h"
#include "operator/runtime/outage.h"

namespace cresset::runtime {

struct ElectionOptions {
  kube::ObjectKey lease;
  std::string identity;  // of this replica, unique: the pod's name
  std::string address;   // where it serves what only the leader serves: "https://10.0.0.7:8443"
  LeaseTimes times;
};

struct Leader {
  std::string identity;  // "" while nobody is known
  std::string address;
  bool operator==(const Leader&) const = default;
};

class LeaderElection : public Runnable {
 public:
  // Called once each, on the thread of run().
  struct Callbacks {
    std::function<void()> on_leading = [] {};
    std::function<void(const std::string& why)> on_lost = [](const std::string&) {};
  };

  LeaderElection(kube::Api& api, ElectionOptions options, Callbacks callbacks, base::Clock& clock,
                 base::Random random, base::Metrics& metrics, base::Log log);

  bool leading() const;
  Leader leader() const;
  // Leading for longer than the lease lasts without a renewal: the loop hangs, and the process
  // should be restarted (for /healthz).
  bool overdue() const;

  std::string name() const override { return "leader election"; }
  void run(std::stop_token stop) override;
  // Settled, and the API server serves what is asked of the lease.
  bool ready() const override { return settled() && served(); }
  // Somebody is known to lead, this replica or another.
  bool settled() const override { return leading() || !leader().identity.empty(); }
  bool served() const override;
  std::string waiting_for() const override;

 private:
  // Takes or renews the lease; false: another has it. An Error: not known.
  base::Result<bool> take_or_renew();
  base::Result<bool> write(const kube::Lease& lease);
  // An Error: it is too late for another call.
  base::Result<void> in_time() const;
  bool acquire(std::stop_token stop);
  // Returns why the lease was lost; empty when stopped.
  std::string renew_until_lost(std::stop_token stop);
  void release();
  void pause(std::stop_token stop, base::MonoTime until);
  void note(const kube::Lease& lease);

  kube::Api& api_;
  const ElectionOptions options_;
  Callbacks callbacks_;
  base::Clock& clock_;
  base::Random random_;
  base::Log log_;
  base::Gauge& status_;
  base::Counter& slow_path_;
  LeaseJudge judge_;  // of the thread of run()

  mutable std::mutex mutex_;
  std::condition_variable_any woken_;
  bool leading_ = false;
  base::MonoTime renewed_at_{};
  Leader leader_;
  Outage outage_;
  std::string last_error_;
};

}  // namespace cresset::runtime
