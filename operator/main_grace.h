#pragma once
// Grace: when `stop` was asked, waits `span` for the process to end by itself and then calls `cut`
// (which ends calls to a server that does not answer). Ending in time calls nothing. Owned by main.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace cresset {

class Grace {
 public:
  Grace(std::stop_token stop, std::chrono::milliseconds span, std::function<void()> cut)
      : thread_([this, stop, span, cut = std::move(cut)](std::stop_token own) {
          const std::stop_callback wake(stop, [this] {
            std::lock_guard lock(mutex_);
            changed_.notify_all();
          });
          std::unique_lock lock(mutex_);
          changed_.wait(lock, own, [&] { return stop.stop_requested(); });
          changed_.wait_for(lock, own, span, [] { return false; });
          lock.unlock();
          if (!own.stop_requested()) cut();
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;
};

}  // namespace cresset
