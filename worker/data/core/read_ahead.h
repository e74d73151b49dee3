#pragma once
// Reads parts of a data set on a thread of its own, ahead of who walks through them step by step,
// and lets them go when they are needed no more. It reads on while what is held has no more than
// `most_bytes`, some steps at most; what a step needs all at once it reads in any case, so who
// makes the steps sees to it that this is less. Any step may be asked for, those after it are then
// read ahead. What goes wrong on that thread, exceptions too, is told to who asks. Asked by one
// thread; destroying it waits for the part that is being read.
//
//   ReadAhead<Rows> rows({.parts_of = …, .bytes_of = …, .load = …, .most_bytes = 1 << 30,
//                         .end_step = 1000}, step);
//   CRESSET_TRY(parts, rows.parts_of(step));   // waits for them

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "operator/base/result.h"

namespace cresset::data {

template <typename Part>
class ReadAhead {
 public:
  using Parts = std::map<size_t, std::shared_ptr<const Part>>;  // by number

  static constexpr int64_t kMostStepsAhead = 1024;

  // Called on the thread of its own.
  struct Source {
    std::function<std::vector<size_t>(int64_t step)> parts_of;  // that a step needs, each once
    std::function<int64_t(size_t part)> bytes_of;
    std::function<base::Result<Part>(size_t part)> load;
    int64_t most_bytes = 0;
    int64_t end_step = 0;  // nothing is read for it and those after it
  };

  ReadAhead(Source source, int64_t first_step)
      : source_(std::move(source)),
        wanted_(first_step),
        next_(first_step),
        thread_([this] { run(); }) {}
  ~ReadAhead() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  // What a step needs, or more; parts of earlier steps may be let go from here on. An error is that
  // of a part which it needs; an exception of the source is thrown on.
  base::Result<Parts> parts_of(int64_t step) {
    std::unique_lock lock(mutex_);
    if (step != wanted_ && step != wanted_ + 1) seek(step);
    wanted_ = step;
    let_go();
    changed_.notify_all();
    changed_.wait(lock, [&] { return next_ > step || error_ || exception_; });
    Parts parts;
    for (const auto& [number, held] : held_)
      if (held.until >= step) parts.emplace(number, held.part);
    if (next_ > step) return parts;
    if (exception_) std::rethrow_exception(exception_);
    return base::fail(*error_);
  }

  // The most that was held so far.
  int64_t most_bytes_held() const {
    std::lock_guard lock(mutex_);
    return most_held_;
  }

 private:
  struct Held {
    std::shared_ptr<const Part> part;
    int64_t bytes = 0;
    int64_t until = 0;  // the last step that is known to need it
  };
  struct Loaded {
    std::shared_ptr<const Part> part;  // nullptr: one of these
    std::optional<base::Error> error;
    std::exception_ptr exception;
  };

  void run() {
    std::unique_lock lock(mutex_);
    while (wait_for_a_step(lock)) {
      const int64_t seeks = seeks_;
      try {
        read_step(lock);
      } catch (...) {
        if (!lock.owns_lock()) lock.lock();
        if (seeks == seeks_) fail({nullptr, std::nullopt, std::current_exception()}, lock);
      }
    }
  }

  void read_step(std::unique_lock<std::mutex>& lock) {
    const int64_t step = next_, seeks = seeks_;
    lock.unlock();
    const auto numbers = source_.parts_of(step);
    lock.lock();
    if (seeks != seeks_) return;
    for (const size_t number : numbers)
      if (const auto held = held_.find(number); held != held_.end()) held->second.until = step;
    marked_ = step;
    let_go();
    if (!load_missing(numbers, step, lock)) return;
    next_ = step + 1;
    changed_.notify_all();
  }

  // Tells what went wrong, and waits until it is to stop or another step is asked for.
  void fail(Loaded loaded, std::unique_lock<std::mutex>& lock) {
    error_ = std::move(loaded.error);
    exception_ = loaded.exception;
    changed_.notify_all();
    const int64_t seeks = seeks_;
    changed_.wait(lock, [&] { return stopping_ || seeks_ != seeks; });
  }

  // False: it is to stop.
  bool wait_for_a_step(std::unique_lock<std::mutex>& lock) {
    changed_.wait(lock, [&] {
      return stopping_ || next_ < std::min(source_.end_step, wanted_ + kMostStepsAhead);
    });
    return !stopping_;
  }

  // Whether all are there; else it is to stop, or another step was asked for.
  bool load_missing(const std::vector<size_t>& numbers, int64_t step,
                    std::unique_lock<std::mutex>& lock) {
    const int64_t seeks = seeks_;
    const auto elsewhere = [&] { return stopping_ || seeks_ != seeks; };
    for (const size_t number : numbers) {
      if (held_.contains(number)) continue;
      const int64_t bytes = source_.bytes_of(number);
      changed_.wait(lock, [&] {
        return elsewhere() || wanted_ == step || bytes_held_ + bytes <= source_.most_bytes;
      });
      if (elsewhere()) return false;
      lock.unlock();
      auto loaded = load(number);
      lock.lock();
      if (elsewhere()) return false;
      if (!loaded.part) {
        fail(std::move(loaded), lock);
        return false;
      }
      held_[number] = {std::move(loaded.part), bytes, step};
      bytes_held_ += bytes;
      most_held_ = std::max(most_held_, bytes_held_);
    }
    return true;
  }

  Loaded load(size_t number) const {
    try {
      auto part = source_.load(number);
      if (!part) return {nullptr, part.error(), nullptr};
      return {std::make_shared<const Part>(std::move(*part)), std::nullopt, nullptr};
    } catch (...) {
      return {nullptr, std::nullopt, std::current_exception()};
    }
  }

  void seek(int64_t step) {
    for (auto& [number, held] : held_) held.until = step - 1;  // until `step` is marked
    ++seeks_;
    next_ = step;
    marked_ = step - 1;
    error_.reset();
    exception_ = nullptr;
  }

  void let_go() {
    const int64_t earliest = std::min(wanted_, marked_);
    for (auto held = held_.begin(); held != held_.end();) {
      if (held->second.until >= earliest) {
        ++held;
        continue;
      }
      bytes_held_ -= held->second.bytes;
      held = held_.erase(held);
    }
  }

  const Source source_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<size_t, Held> held_;
  int64_t bytes_held_ = 0;
  int64_t most_held_ = 0;
  int64_t wanted_;
  int64_t next_;         // all before it, from the one that was sought, are there
  int64_t marked_ = -1;  // the last step whose parts are known
  int64_t seeks_ = 0;
  std::optional<base::Error> error_;
  std::exception_ptr exception_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace cresset::data
