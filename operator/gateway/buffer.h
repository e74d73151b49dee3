#pragma once
// Buffer: requests that wait for a replica, first in first out for each service, bounded by bytes
// in all and by a deadline each. Pure bookkeeping under one lock: it starts no thread; who holds it
// calls expired() with the time. Any thread.

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/result.h"
#include "operator/kube/core/object.h"

namespace cresset::gateway {

class Exchange;
using ExchangePtr = std::shared_ptr<Exchange>;

class Buffer {
 public:
  explicit Buffer(size_t max_bytes) : max_bytes_(max_bytes) {}

  // kExhausted with the bound in its words when it does not fit.
  base::Result<void> add(const kube::ObjectKey& key, ExchangePtr exchange, size_t bytes,
                         base::MonoTime deadline);
  // The oldest one of that service, or nullptr.
  ExchangePtr take(const kube::ObjectKey& key);
  // Puts back in front what take() gave when no replica had room after all.
  void put_back(const kube::ObjectKey& key, ExchangePtr exchange, size_t bytes,
                base::MonoTime deadline);
  std::vector<ExchangePtr> expired(base::MonoTime now);
  size_t waiting(const kube::ObjectKey& key) const;
  size_t bytes() const;

 private:
  struct Entry {
    ExchangePtr exchange;
    size_t bytes;
    base::MonoTime deadline;
  };
  const size_t max_bytes_;
  mutable std::mutex mutex_;
  size_t bytes_ = 0;
  std::map<kube::ObjectKey, std::deque<Entry>> waiting_;
};

}  // namespace cresset::gateway
