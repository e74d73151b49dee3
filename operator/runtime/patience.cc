#include "operator/runtime/patience.h"

namespace cresset::runtime {

Patience::Patience(base::Clock& clock, std::chrono::milliseconds span, std::function<void()> over)
    : clock_(clock),
      span_(span),
      over_(std::move(over)),
      deadline_(clock.mono() + span),
      thread_([this](std::stop_token stop) { wait(stop); }) {}

// The thread sees the new deadline when the one that it waits for has come.
void Patience::renew() {
  std::lock_guard lock(mutex_);
  deadline_ = clock_.mono() + span_;
}

bool Patience::is_over() const {
  std::lock_guard lock(mutex_);
  return is_over_;
}

void Patience::wait(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (clock_.mono() < deadline_) {
    if (stop.stop_requested()) return;
    clock_.wait_until(lock, changed_, stop, deadline_, [] { return false; });
  }
  if (stop.stop_requested()) return;
  is_over_ = true;
  lock.unlock();
  over_();
}

}  // namespace cresset::runtime
