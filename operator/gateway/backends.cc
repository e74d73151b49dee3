#include "operator/gateway/backends.h"

#include <functional>

namespace cresset::gateway {

BackendPtr Backends::at(const std::string& address) {
  std::lock_guard lock(mutex_);
  auto& known = by_address_[address];
  if (auto backend = known.lock()) return backend;
  auto backend = std::make_shared<Backend>(address);
  known = backend;
  if (by_address_.size() > 1024)
    std::erase_if(by_address_, [](const auto& entry) { return entry.second.expired(); });
  return backend;
}

BackendPtr least_loaded(const std::vector<BackendPtr>& backends, int limit,
                        const std::set<std::string>& except) {
  static std::atomic<size_t> turn{0};
  const size_t start = backends.empty() ? 0 : turn.fetch_add(1, std::memory_order_relaxed);
  BackendPtr best;
  int fewest = limit;
  for (size_t i = 0; i < backends.size(); ++i) {
    const BackendPtr& backend = backends[(start + i) % backends.size()];
    const int load = backend->in_flight.load(std::memory_order_relaxed);
    if (load >= fewest || backend->refuses.load(std::memory_order_relaxed)) continue;
    if (!except.empty() && except.contains(backend->address)) continue;
    best = backend;
    fewest = load;
  }
  return best;
}

std::string owner_of(const std::string& address, const std::vector<std::string>& peers) {
  std::string owner;
  size_t highest = 0;
  for (const auto& peer : peers) {
    const size_t weight = std::hash<std::string>{}(peer + "|" + address);
    if (owner.empty() || weight > highest || (weight == highest && peer < owner)) {
      owner = peer;
      highest = weight;
    }
  }
  return owner;
}

}  // namespace cresset::gateway
