#pragma once
// LoadBoard: where the gateways' load reports end up: one Window for each service that scales by
// its load, and of every service which replicas hold requests. A report is all that its gateway
// knows, so a service it does not name has no load there. A service that nobody asked, at whichever
// gateway, and now is asked is put into the queue at once, so that it wakes without waiting for a
// tick. Any thread;
// owned by main, outlives those who report.
//
//   LoadBoard board([&](const kube::ObjectKey& key) { queue.add(key); });
//   board.on_load(report, clock.mono());        // from POST /v1/load
//   board.load(key, *autoscale::find_metric("concurrency"), {.stable = 60s}, clock.mono());

#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include "controllers/autoscale/metric.h"
#include "controllers/autoscale/window.h"
#include "crds/worker_contract/load.h"
#include "operator/kube/core/object.h"

namespace cresset::controllers::model_service {

class LoadBoard {
 public:
  using Wake = std::function<void(const kube::ObjectKey& key)>;
  explicit LoadBoard(Wake wake) : wake_(std::move(wake)) {}

  void on_load(const worker_contract::LoadReport& report, base::MonoTime now);
  // The load of a service by that metric (of the registry), which is followed from the first call
  // on; by another one, anew.
  std::optional<autoscale::Load> load(const kube::ObjectKey& key, const autoscale::Metric& metric,
                                      autoscale::WindowShape shape, base::MonoTime now);
  // Requests in flight by the address of each replica that holds any, from reports of the last
  // kBusyFor. What a replica told is all that it holds, whichever gateway sent it: of two numbers
  // the greater counts.
  std::map<std::string, int64_t> in_flight(const kube::ObjectKey& key, base::MonoTime now) const;
  void forget(const kube::ObjectKey& key);
  size_t size() const;

  static constexpr std::chrono::seconds kBusyFor{5};

 private:
  struct Followed {
    const autoscale::Metric* metric;
    autoscale::Window window;
    std::map<std::string, base::MonoTime> active;  // when a gateway last told that it is asked
  };
  // What a gateway told of it; whether it is news that it is asked.
  static bool note_active(Followed& followed, const std::string& gateway, bool active,
                          base::MonoTime now);
  // What one gateway told last.
  struct Told {
    int64_t sequence;
    base::MonoTime at;
    std::map<kube::ObjectKey, std::vector<worker_contract::BusyReplica>> busy;
  };

  Wake wake_;
  mutable std::mutex mutex_;
  std::map<kube::ObjectKey, Followed> followed_;
  std::map<std::string, Told> newest_;  // by gateway
};

}  // namespace cresset::controllers::model_service
