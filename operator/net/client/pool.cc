#include "operator/net/client/pool.h"

namespace cresset::net {

Pool::Pool(boost::asio::io_context& context, size_t max_idle,
           std::chrono::milliseconds idle_timeout)
    : max_idle_(max_idle), idle_timeout_(idle_timeout), next_sweep_(context, [this] { sweep(); }) {}

std::unique_ptr<Connection> Pool::take(const Origin& origin) {
  const auto found = idle_.find(origin);
  if (found == idle_.end()) return nullptr;
  auto& connections = found->second;
  const auto oldest_use = Deadline::now() - idle_timeout_;
  while (!connections.empty()) {
    auto connection = std::move(connections.back());
    connections.pop_back();
    if (connection->idle_since >= oldest_use && !connection->is_stale()) return connection;
  }
  return nullptr;
}

void Pool::put(std::unique_ptr<Connection> connection) {
  auto& connections = idle_[connection->origin()];
  if (connections.size() >= max_idle_) return;
  connection->deadline().clear();
  connection->on_deadline(nullptr);
  connection->idle_since = Deadline::now();
  connections.push_back(std::move(connection));
  if (!std::exchange(sweeping_, true)) next_sweep_.set_in(idle_timeout_);
}

void Pool::drop(const Origin& origin, Deadline::Time since) {
  const auto found = idle_.find(origin);
  if (found == idle_.end()) return;
  std::erase_if(found->second,
                [since](const auto& connection) { return connection->idle_since <= since; });
}

void Pool::clear() { idle_.clear(); }

void Pool::sweep() {
  const auto oldest_use = Deadline::now() - idle_timeout_;
  auto oldest = Deadline::Time::max();
  for (auto origin = idle_.begin(); origin != idle_.end();) {
    std::erase_if(origin->second,
                  [&](const auto& connection) { return connection->idle_since <= oldest_use; });
    for (const auto& connection : origin->second) oldest = std::min(oldest, connection->idle_since);
    origin = origin->second.empty() ? idle_.erase(origin) : std::next(origin);
  }
  sweeping_ = !idle_.empty();
  if (sweeping_) next_sweep_.set(oldest + idle_timeout_);
}

}  // namespace cresset::net
