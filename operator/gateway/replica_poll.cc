#include "operator/gateway/replica_poll.h"

#include <algorithm>
#include <set>

namespace cresset::gateway {

void ReplicaPoll::tick(const std::vector<RoutePtr>& routes, const std::vector<std::string>& peers) {
  std::set<std::string> asked;
  for (const auto& route : routes)
    for (const auto& backend : route->backends) {
      const bool mine = peers.size() < 2 || owner_of(backend->address, peers) == self_;
      if (!mine && !backend->refuses.load(std::memory_order_relaxed)) continue;
      asked.insert(backend->address);
      ask(route->key, backend, true);
    }
  std::lock_guard lock(mutex_);
  std::erase_if(told_, [&](const auto& entry) { return !asked.contains(entry.first); });
}

void ReplicaPoll::ask(const kube::ObjectKey& key, const BackendPtr& backend, bool in_turn) {
  net::Request request{.url = "http://" + backend->address + "/load",
                       .timeout = std::chrono::milliseconds(900)};
  client_.async_send(std::move(request), [this, key, backend, in_turn](auto answer) {
    heard(key, backend, in_turn, std::move(answer));
  });
}

void ReplicaPoll::heard(const kube::ObjectKey& key, const BackendPtr& backend, bool in_turn,
                        tl::expected<net::Response, net::ClientError> answer) {
  if (!answer) {
    // Slow is not away: a starved replica answers late and still works through its queue.
    if (answer.error().nothing_was_sent) backend->refuses.store(true, std::memory_order_relaxed);
    return;
  }
  const auto json = answer->status == 200 ? base::parse_json(answer->body, {64 << 10, 8, 256})
                                          : base::fail(base::unavailable("no load"));
  if (!json) return;
  const auto load = worker_contract::decode_replica_load(*json);
  if (!load) return;
  const bool refuses = load->draining || !load->ready;
  const bool refused = backend->refuses.exchange(refuses, std::memory_order_relaxed);
  if (in_turn) {
    std::lock_guard lock(mutex_);
    Told& told = told_[backend->address];
    told.before = told.last;
    told.last = *load;
  }
  if (refused && !refuses) on_usable_(key);
}

ReplicaSums ReplicaPoll::sums(const Route& route) const {
  ReplicaSums sums;
  double seconds = 0;
  int64_t batches = 0, rows = 0, room = 0;
  std::lock_guard lock(mutex_);
  for (const auto& backend : route.backends) {
    const auto found = told_.find(backend->address);
    if (found == told_.end()) continue;
    const auto& [last, before] = found->second;
    ++sums.replicas;
    sums.queued += last.queued;
    if (last.in_flight > 0 && sums.busy.size() < worker_contract::kMostBusyReplicas)
      sums.busy.push_back({backend->address, last.in_flight});
    const int64_t ran = std::max<int64_t>(0, last.batches_total - before.batches_total);
    batches += ran;
    room += ran * last.max_batch;
    rows += std::max<int64_t>(0, last.rows_total - before.rows_total);
    seconds += std::max(0.0, last.service_seconds_total - before.service_seconds_total);
  }
  if (batches > 0) sums.service_milliseconds = 1000 * seconds / static_cast<double>(batches);
  if (room > 0)
    sums.batch_fill = std::min(1.0, static_cast<double>(rows) / static_cast<double>(room));
  return sums;
}

}  // namespace cresset::gateway
