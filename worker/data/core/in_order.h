#pragma once
// Makes the things of a row on several threads of its own, several at once, and hands them over in
// their order. What making one takes for itself is limited: who makes says how many bytes before it
// takes them, and waits until there is room; those before it in the row come first, and one alone
// may have any number. What making one throws is thrown where it would be handed over. Handed over
// to one thread; destroying it waits for what is being made.
//
//   InOrder<Part> parts({.count = 8, .threads = 2, .most_bytes = 1 << 28,
//                        .make = [&](size_t number, const Room& room) { room(5000); … }});
//   for (int i = 0; i < 8; ++i) use(parts.next());

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace cresset::data {

// Waits until there is room for so many bytes; once at most.
using Room = std::function<void(size_t bytes)>;

template <typename Made>
class InOrder {
 public:
  struct Row {
    size_t count = 0;
    size_t threads = 1;
    size_t most_bytes = 0;  // of all that are being made
    std::function<Made(size_t number, const Room& room)> make;
  };

  explicit InOrder(Row row) : row_(std::move(row)) {
    for (size_t i = 0; i < row_.threads; ++i) threads_.emplace_back([this] { run(); });
  }
  ~InOrder() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
  }
  InOrder(const InOrder&) = delete;
  InOrder& operator=(const InOrder&) = delete;

  // Waits for it; as often as there are some.
  Made next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return made_.contains(handed_); });
    auto made = made_.extract(handed_++);
    lock.unlock();
    if (made.mapped().exception) std::rethrow_exception(made.mapped().exception);
    return std::move(*made.mapped().made);
  }

 private:
  struct Result {
    std::optional<Made> made;  // or
    std::exception_ptr exception;
  };

  void run() {
    std::unique_lock lock(mutex_);
    while (!stopping_ && taken_ < row_.count) {
      const size_t number = taken_++;
      std::optional<size_t> held;
      lock.unlock();
      auto result = make(number, held);
      lock.lock();
      if (!held) admit(number, 0, lock);
      bytes_ -= held.value_or(0);
      made_.emplace(number, std::move(result));
      changed_.notify_all();
    }
  }

  Result make(size_t number, std::optional<size_t>& held) {
    Result result;
    try {
      result.made = row_.make(number, [&](size_t bytes) {
        std::unique_lock lock(mutex_);
        admit(number, bytes, lock);
        held = bytes;
      });
    } catch (...) {
      result.exception = std::current_exception();
    }
    return result;
  }

  // In the order of the row, so that the first of those that are being made never waits for others.
  void admit(size_t number, size_t bytes, std::unique_lock<std::mutex>& lock) {
    changed_.wait(lock, [&] {
      return stopping_ || (admitted_ == number &&
                           (bytes_ == 0 || bytes == 0 || bytes_ + bytes <= row_.most_bytes));
    });
    ++admitted_;
    bytes_ += bytes;
    changed_.notify_all();
  }

  const Row row_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t taken_ = 0;     // by threads
  size_t admitted_ = 0;  // have room, or needed none
  size_t handed_ = 0;
  size_t bytes_ = 0;
  std::map<size_t, Result> made_;  // and not handed over
  bool stopping_ = false;
  std::vector<std::thread> threads_;  // last: they use everything above
};

}  // namespace cresset::data
