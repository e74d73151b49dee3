#pragma once
// ReplicaPoll: asks replicas for /load once a second. A replica that drains, is not ready or does
// not answer gets no new request until it does: a readiness probe faster than the kubelet's. Each
// replica is polled by one gateway (owner_of); one that this gateway finds refusing is polled by
// itself too. What was told is kept as differences between two polls. Any thread; tick() is called
// by the Gateway's timer.

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "crds/worker_contract/load.h"
#include "operator/gateway/routes.h"
#include "operator/net/client/http_client.h"

namespace cresset::gateway {

// What the polled replicas of one service told, summed.
struct ReplicaSums {
  int replicas = 0;
  int64_t queued = 0;
  double service_milliseconds = 0;  // a batch
  double batch_fill = 0;
  std::vector<worker_contract::BusyReplica> busy;
};

class ReplicaPoll {
 public:
  // `on_usable` is called with the service's key when a replica can be used again.
  ReplicaPoll(net::HttpClient& client, std::string self,
              std::function<void(const kube::ObjectKey&)> on_usable)
      : client_(client), self_(std::move(self)), on_usable_(std::move(on_usable)) {}

  // `peers`: the gateways there are, this one included.
  void tick(const std::vector<RoutePtr>& routes, const std::vector<std::string>& peers);
  // Now, out of turn: one whose connection broke, which may be gone or as well as before. What it
  // tells beside that is left to the next turn, which counts differences of one second.
  void check(const kube::ObjectKey& key, const BackendPtr& backend) { ask(key, backend, false); }
  ReplicaSums sums(const Route& route) const;

 private:
  struct Told {
    worker_contract::ReplicaLoad last;
    worker_contract::ReplicaLoad before;
  };
  void ask(const kube::ObjectKey& key, const BackendPtr& backend, bool in_turn);
  void heard(const kube::ObjectKey& key, const BackendPtr& backend, bool in_turn,
             tl::expected<net::Response, net::ClientError> answer);

  net::HttpClient& client_;
  const std::string self_;
  const std::function<void(const kube::ObjectKey&)> on_usable_;
  mutable std::mutex mutex_;
  std::map<std::string, Told> told_;  // by address
};

}  // namespace cresset::gateway
