#pragma once
// Pool: idle kept-alive connections by origin, newest first, at most `max_idle` for each, closed
// after `idle_timeout` without use or when the peer closed them; dropped when another connection to
// their origin shows that they are dead though nobody closed them. One Loop. Private to net.

#include <memory>
#include <unordered_map>
#include <vector>

#include "operator/net/client/connection.h"

namespace cresset::net {

class Pool {
 public:
  Pool(boost::asio::io_context& context, size_t max_idle, std::chrono::milliseconds idle_timeout);

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
  void sweep();

  size_t max_idle_;
  std::chrono::milliseconds idle_timeout_;
  std::unordered_map<Origin, std::vector<std::unique_ptr<Connection>>, HashOf> idle_;
  bool sweeping_ = false;
  Deadline next_sweep_;
};

}  // namespace cresset::net
