#include "operator/net/client/pool.h"

#include <algorithm>

namespace cresset::net {

Pool::Pool(boost::asio::io_context& context, const ClientOptions& options)
    : max_idle_(options.max_idle_per_origin),
      spare_(options.spare_per_origin),
      idle_timeout_(options.idle_timeout),
      surplus_timeout_(std::min(options.surplus_timeout, options.idle_timeout)),
      next_sweep_(context, [this] { sweep(); }) {}

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
  sweep_at(due(connections));
}

void Pool::drop(const Origin& origin, Deadline::Time since) {
  const auto found = idle_.find(origin);
  if (found == idle_.end()) return;
  std::erase_if(found->second,
                [since](const auto& connection) { return connection->idle_since <= since; });
}

void Pool::clear() { idle_.clear(); }

Deadline::Time Pool::due(const Connections& connections) const {
  return connections.front()->idle_since +
         (connections.size() > spare_ ? surplus_timeout_ : idle_timeout_);
}

void Pool::sweep_at(Deadline::Time at) {
  if (at >= next_) return;
  next_ = at;
  next_sweep_.set(at);
}

void Pool::sweep() {
  const auto now = Deadline::now();
  next_ = Deadline::Time::max();
  for (auto origin = idle_.begin(); origin != idle_.end();) {
    auto& connections = origin->second;
    while (!connections.empty() && due(connections) <= now) connections.erase(connections.begin());
    if (!connections.empty()) sweep_at(due(connections));
    origin = connections.empty() ? idle_.erase(origin) : std::next(origin);
  }
}

}  // namespace cresset::net
