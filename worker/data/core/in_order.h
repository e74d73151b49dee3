#pragma once
// Makes the things of a row on several threads of its own, several at once, and hands them over in
// their order. What making them takes is limited: who makes one says how many bytes before it takes
// them, and waits until there is room for them beside the others'; the first of those that are not
// made yet never waits. Nor is more made ahead of what is handed over than two a thread. What
// making one throws is thrown where it would be handed over. Handed over to one thread; destroying
// it waits for what is being made, which is told to end. Where the machine has no thread left,
// those that there are make all.
//
//   InOrder<Part> parts({.count = 8, .threads = 2, .most_bytes = 1 << 28,
//                        .make = [&](size_t number, const Room& room) { if (room(5000)) … }});
//   for (int i = 0; i < 8; ++i) use(parts.next());

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace cresset::data {

// Waits until there is room for so many bytes more, which are then held until the thing is made.
// False: it is not wanted any more, and nothing is to be taken. Of 0 bytes that alone is asked.
using Room = std::function<bool(size_t bytes)>;

template <typename Made>
class InOrder {
 public:
  struct Row {
    size_t count = 0;
    size_t threads = 1;
    size_t most_bytes = 0;  // of all that are being made but the first; no more counts of one
    std::function<Made(size_t number, const Room& room)> make;
  };

  explicit InOrder(Row row) : row_(std::move(row)), slots_(2 * row_.threads) {
    threads_.reserve(row_.threads);
    while (threads_.size() < row_.threads) {
      try {
        threads_.emplace_back([this] { run(); });
      } catch (const std::exception&) {
        if (threads_.empty()) throw;
        return;
      }
    }
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
    changed_.wait(lock, [&] { return slot(handed_).is_made(); });
    auto made = std::exchange(slot(handed_++), {});
    lock.unlock();
    changed_.notify_all();
    if (made.exception) std::rethrow_exception(made.exception);
    return std::move(*made.thing);
  }

 private:
  struct Slot {
    std::optional<Made> thing;  // or
    std::exception_ptr exception;
    bool is_made() const { return thing || exception; }
  };

  // Of a number from handed_ on.
  Slot& slot(size_t number) { return slots_[number % slots_.size()]; }

  void run() {
    std::unique_lock lock(mutex_);
    while (may_take(lock)) {
      const size_t number = taken_++;
      size_t held = 0;
      lock.unlock();
      auto made = make(number, held);
      lock.lock();
      bytes_ -= held;
      slot(number) = std::move(made);
      changed_.notify_all();
    }
  }

  bool may_take(std::unique_lock<std::mutex>& lock) {
    changed_.wait(lock, [&] {
      return stopping_ || taken_ == row_.count || taken_ - handed_ < slots_.size();
    });
    return !stopping_ && taken_ < row_.count;
  }

  Slot make(size_t number, size_t& held) {
    Slot made;
    try {
      made.thing = row_.make(number, [&](size_t bytes) {
        bytes = std::min(bytes, row_.most_bytes);
        if (!admit(number, bytes)) return false;
        held += bytes;
        return true;
      });
    } catch (...) {
      made.exception = std::current_exception();
    }
    return made;
  }

  bool admit(size_t number, size_t bytes) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      return stopping_ || bytes == 0 || bytes_ + bytes <= row_.most_bytes ||
             number == first_to_make();
    });
    if (stopping_) return false;
    bytes_ += bytes;
    return true;
  }

  size_t first_to_make() {
    size_t number = handed_;
    while (number < taken_ && slot(number).is_made()) ++number;
    return number;
  }

  const Row row_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t taken_ = 0;  // by threads
  size_t handed_ = 0;
  size_t bytes_ = 0;         // that are held
  std::vector<Slot> slots_;  // of those that are taken and not handed over
  bool stopping_ = false;
  std::vector<std::thread> threads_;  // last: they use everything above
};

}  // namespace cresset::data
