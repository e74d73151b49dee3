#pragma once
// WorkerPool: threads that do what may block, so that no other thread waits. They start when a task
// finds none idle, at most `most` of them, and stay; at most `max_waiting` tasks wait, more are
// refused. They are named, so that who counts a process's threads can tell those that may have
// begun or not from the others. Any thread; the destructor lets running tasks end and drops the
// rest.

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace cresset::base {

class WorkerPool {
 public:
  using Task = std::function<void()>;
  // In /proc/PID/task/*/comm, which has room for 15 characters. tests/soak counts without them.
  static constexpr char kThreadName[] = "cresset-pool";

  WorkerPool(size_t most, size_t max_waiting) : most_(most), max_waiting_(max_waiting) {}

  // False when too many wait already, or when there is no thread and none is to be had.
  bool post(Task task) {
    {
      std::lock_guard lock(mutex_);
      if (tasks_.size() >= max_waiting_) return false;
      // Those that are idle have what waits already to do.
      if (idle_ <= tasks_.size() && threads_.size() < most_) grow();
      if (threads_.empty()) return false;
      tasks_.push_back(std::move(task));
    }
    changed_.notify_one();  // who wakes finds the mutex free
    return true;
  }

  // From a thread of the pool that is about to be free: behind all that wait, and never refused,
  // since no more will wait than did.
  void post_again(Task task) {
    {
      std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
  }

  // A task waits that no idle thread will take: a long one may end, and be posted again behind it.
  bool is_short_of_threads() const {
    std::lock_guard lock(mutex_);
    return tasks_.size() > idle_;
  }

 private:
  void grow() {
    try {
      threads_.emplace_back([this](std::stop_token stop) { work(stop); });
    } catch (const std::system_error&) {
      // Those that there are go on.
    }
  }

  void work(std::stop_token stop) {
    pthread_setname_np(pthread_self(), kThreadName);
    std::unique_lock lock(mutex_);
    while (is_there_a_task(lock, stop)) {
      Task task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      task = nullptr;
      lock.lock();
    }
  }

  bool is_there_a_task(std::unique_lock<std::mutex>& lock, const std::stop_token& stop) {
    ++idle_;
    const bool found = changed_.wait(lock, stop, [this] { return !tasks_.empty(); });
    --idle_;
    return found && !stop.stop_requested();
  }

  const size_t most_, max_waiting_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Task> tasks_;
  size_t idle_ = 0;
  std::vector<std::jthread> threads_;  // last: joins before the rest goes
};

}  // namespace cresset::base
