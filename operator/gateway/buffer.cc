#include "operator/gateway/buffer.h"

namespace cresset::gateway {

base::Result<void> Buffer::add(const kube::ObjectKey& key, ExchangePtr exchange, size_t bytes,
                               base::MonoTime deadline) {
  std::lock_guard lock(mutex_);
  if (bytes_ + bytes > max_bytes_)
    return base::fail(base::exhausted("requests of " + std::to_string(bytes_) +
                                      " bytes wait already; at most " + std::to_string(max_bytes_) +
                                      " may wait for a replica"));
  bytes_ += bytes;
  waiting_[key].push_back({std::move(exchange), bytes, deadline});
  return {};
}

ExchangePtr Buffer::take(const kube::ObjectKey& key) {
  std::lock_guard lock(mutex_);
  const auto found = waiting_.find(key);
  if (found == waiting_.end()) return nullptr;
  Entry entry = std::move(found->second.front());
  found->second.pop_front();
  if (found->second.empty()) waiting_.erase(found);
  bytes_ -= entry.bytes;
  return entry.exchange;
}

void Buffer::put_back(const kube::ObjectKey& key, ExchangePtr exchange, size_t bytes,
                      base::MonoTime deadline) {
  std::lock_guard lock(mutex_);
  bytes_ += bytes;
  waiting_[key].push_front({std::move(exchange), bytes, deadline});
}

std::vector<ExchangePtr> Buffer::expired(base::MonoTime now) {
  std::lock_guard lock(mutex_);
  std::vector<ExchangePtr> late;
  for (auto queue = waiting_.begin(); queue != waiting_.end();) {
    auto& entries = queue->second;
    while (!entries.empty() && entries.front().deadline <= now) {
      bytes_ -= entries.front().bytes;
      late.push_back(std::move(entries.front().exchange));
      entries.pop_front();
    }
    queue = entries.empty() ? waiting_.erase(queue) : std::next(queue);
  }
  return late;
}

size_t Buffer::waiting(const kube::ObjectKey& key) const {
  std::lock_guard lock(mutex_);
  const auto found = waiting_.find(key);
  return found == waiting_.end() ? 0 : found->second.size();
}

size_t Buffer::bytes() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace cresset::gateway
