#pragma once
// Backend is one serving pod as the gateway sees it: its address, how many requests it holds right
// now, and what it last told at /load. It lives across rebuilds of the routes, so that counts
// survive them. Backends hands out one Backend per address; least_loaded picks among a route's.
// Counters are atomic; any thread.
//
//   if (auto backend = least_loaded(route->backends, limit, {})) { ++backend->in_flight; … }

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "crds/worker_contract/load.h"

namespace cresset::gateway {

struct Backend {
  explicit Backend(std::string address) : address(std::move(address)) {}
  const std::string address;  // ip:port
  std::atomic<int> in_flight{0};
  // Its last /load said draining or not ready, or a connection to it failed since.
  std::atomic<bool> refuses{false};
};
using BackendPtr = std::shared_ptr<Backend>;

class Backends {
 public:
  // The Backend of that address, the same one as long as anybody holds it.
  BackendPtr at(const std::string& address);

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::weak_ptr<Backend>> by_address_;
};

// The backend with the fewest requests in flight, fewer than `limit`, not refusing, not in
// `except`; nullptr when there is none. Equal ones take turns.
BackendPtr least_loaded(const std::vector<BackendPtr>& backends, int limit,
                        const std::set<std::string>& except);

// Rendezvous hashing (Thaler and Ravishankar, 1998): which of `peers` polls this address. Every
// peer computes the same answer; a peer that leaves moves only its own addresses.
std::string owner_of(const std::string& address, const std::vector<std::string>& peers);

}  // namespace cresset::gateway
