#pragma once
// WorkerPool: a few threads that do what may block, so that no I/O thread waits. At most
// `max_waiting` tasks wait; more are refused. Any thread; the destructor lets running tasks end and
// drops the rest.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cresset::coordination {

class WorkerPool {
 public:
  using Task = std::function<void()>;

  WorkerPool(int threads, size_t max_waiting) : max_waiting_(max_waiting) {
    for (int i = 0; i < threads; ++i)
      threads_.emplace_back([this](std::stop_token stop) { work(stop); });
  }

  bool post(Task task) {
    std::lock_guard lock(mutex_);
    if (tasks_.size() >= max_waiting_) return false;
    tasks_.push_back(std::move(task));
    changed_.notify_one();
    return true;
  }

 private:
  void work(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [&] { return !tasks_.empty(); }) && !stop.stop_requested()) {
      Task task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      task = nullptr;
      lock.lock();
    }
  }

  const size_t max_waiting_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Task> tasks_;
  std::vector<std::jthread> threads_;  // last: joins before the rest goes
};

}  // namespace cresset::coordination
