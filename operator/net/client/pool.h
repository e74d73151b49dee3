#pragma once
// Pool: idle kept-alive connections by origin, newest first, at most `max_idle_per_origin`, closed
// after `idle_timeout` without use, all but the newest few after `surplus_timeout`, or when the
// peer closed them; dropped when another connection to their origin shows that they are dead though
// nobody closed them. One Loop. Private to net.

#include <memory>
#include <unordered_map>
#include <vector>

#include "operator/net/client/connection.h"
#include "operator/net/client/http_client.h"

namespace cresset::net {

class Pool {
 public:
  Pool(boost::asio::io_context& context, const ClientOptions& options);

  // An idle connection that still looks alive, or null.
  std::unique_ptr<Connection> take(const Origin& origin);
  void put(std::unique_ptr<Connection> connection);
  // Closes those to `origin` that were put here by then and so were not heard of since.
  void drop(const Origin& origin, Deadline::Time since);
  void clear();

 private:
  struct HashOf {
    size_t operator()(const Origin& origin) const {
      return std::hash<std::string>{}(origin.host) * 31 + std::hash<std::string>{}(origin.port) +
             (origin.tls ? 1 : 0);
    }
  };
  using Connections = std::vector<std::unique_ptr<Connection>>;  // oldest first
  // When the oldest is to be closed.
  Deadline::Time due(const Connections& connections) const;
  void sweep();
  void sweep_at(Deadline::Time at);

  const size_t max_idle_, spare_;
  const std::chrono::milliseconds idle_timeout_, surplus_timeout_;
  std::unordered_map<Origin, Connections, HashOf> idle_;
  Deadline::Time next_ = Deadline::Time::max();  // of next_sweep_
  Deadline next_sweep_;
};

}  // namespace cresset::net
