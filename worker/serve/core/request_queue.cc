#include "worker/serve/core/request_queue.h"

#include <utility>

namespace cresset::serve {

base::Result<void> RequestQueue::push(Pending& pending) {
  std::unique_lock lock(mutex_);
  if (closed_) return base::fail(base::unavailable("this replica is stopping; try another"));
  if (pending_.size() >= max_requests_)
    return base::fail(base::exhausted("the queue holds " + std::to_string(pending_.size()) +
                                      " requests and " + std::to_string(max_requests_) +
                                      " are allowed; try again"));
  pending.queued.arrived = clock_.mono();
  has_deadlines_ |= pending.queued.deadline != base::MonoTime::max();
  queued_.push_back(pending.queued);
  pending_.push_back(std::move(pending));
  const bool first = queued_.size() == 1;
  if (first || decide(queued_, limits_, expectation_.rows(), queued_.back().arrived).take > 0) {
    woken_ = true;
    lock.unlock();
    changed_.notify_one();
  }
  return {};
}

Pending RequestQueue::pop_front() {
  Pending front = std::move(pending_.front());
  pending_.pop_front();
  queued_.pop_front();
  return front;
}

void RequestQueue::move_expired(base::MonoTime now, std::vector<Pending>& expired) {
  if (!has_deadlines_) return;
  has_deadlines_ = false;
  for (size_t i = 0; i < queued_.size();) {
    if (queued_[i].deadline > now) {
      has_deadlines_ |= queued_[i].deadline != base::MonoTime::max();
      ++i;
      continue;
    }
    const auto at = static_cast<std::ptrdiff_t>(i);
    expired.push_back(std::move(pending_[i]));
    pending_.erase(pending_.begin() + at);
    queued_.erase(queued_.begin() + at);
  }
}

Taken RequestQueue::take() {
  std::unique_lock lock(mutex_);
  while (true) {
    Taken taken;
    const auto now = clock_.mono();
    move_expired(now, taken.expired);
    auto decision = decide(queued_, limits_, closed_ ? 1 : expectation_.rows(), now);
    int64_t rows = 0;
    for (size_t i = 0; i < decision.take; ++i) {
      taken.batch.push_back(pop_front());
      rows += taken.batch.back().queued.rows;
    }
    if (!taken.batch.empty()) expectation_.took(rows, decision.gave_up_waiting);
    taken.closed = closed_ && queued_.empty() && taken.batch.empty();
    if (!taken.batch.empty() || !taken.expired.empty() || taken.closed) return taken;
    const auto until = queued_.empty() ? base::MonoTime::max() : decision.look_again;
    woken_ = false;
    clock_.wait_until(lock, changed_, {}, until, [this] { return woken_; });
  }
}

void RequestQueue::close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    woken_ = true;
  }
  changed_.notify_all();
}

size_t RequestQueue::size() const {
  std::lock_guard lock(mutex_);
  return pending_.size();
}

}  // namespace cresset::serve
