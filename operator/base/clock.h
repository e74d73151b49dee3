#pragma once
// Time, passed in. Clock gives the wall time (for what people and the API server read) and the
// monotonic time (for durations); SystemClock is the real one, ManualClock moves only when a test
// says so. Any thread may read. Waiting on a condition with a deadline goes through `wait_until`,
// so that a ManualClock wakes the waiter when it is moved past the deadline.
//
//   ManualClock clock;  queue.add_after(key, 5s);  clock.advance(5s);

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "operator/base/result.h"

namespace cresset::base {

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
using MonoTime = std::chrono::time_point<std::chrono::steady_clock>;

// As std::optional<WallTime>, in the room of a WallTime: caches have ten thousands.
class MaybeTime {
 public:
  MaybeTime() = default;
  template <typename Span>
  MaybeTime(std::chrono::sys_time<Span> time) : time_(time) {}  // NOLINT: as an optional
  bool has_value() const { return time_ != WallTime::min(); }
  explicit operator bool() const { return has_value(); }
  WallTime operator*() const { return time_; }
  WallTime value_or(WallTime otherwise) const { return has_value() ? time_ : otherwise; }
  bool operator==(const MaybeTime&) const = default;

 private:
  WallTime time_ = WallTime::min();
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  virtual MonoTime mono() const = 0;
  // Waits on `changed` until `ready()`, `deadline` or a stop request. `lock` holds the mutex that
  // guards what `ready` reads. Returns ready().
  virtual bool wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable_any& changed,
                          std::stop_token stop, MonoTime deadline,
                          const std::function<bool()>& ready) = 0;
};

class SystemClock : public Clock {
 public:
  WallTime wall() const override;
  MonoTime mono() const override;
  bool wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable_any& changed,
                  std::stop_token stop, MonoTime deadline,
                  const std::function<bool()>& ready) override;
};

class ManualClock : public Clock {
 public:
  // Starts at 2026-01-01T00:00:00Z.
  ManualClock();
  WallTime wall() const override;
  MonoTime mono() const override;
  bool wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable_any& changed,
                  std::stop_token stop, MonoTime deadline,
                  const std::function<bool()>& ready) override;
  void advance(std::chrono::milliseconds by);
  // Threads in wait_until whose deadline lies ahead: those that have done all that was due.
  int waiting() const;

 private:
  struct Waiter {
    std::condition_variable_any* changed;
    MonoTime deadline;
  };
  mutable std::mutex mutex_;
  WallTime wall_;
  MonoTime mono_;
  std::list<Waiter> waiting_;
};

// RFC 3339 in UTC with whole seconds, as metav1.Time: "2026-01-01T00:00:00Z".
std::string format_time(WallTime time);
// With microseconds, as metav1.MicroTime: "2026-01-01T00:00:00.000000Z".
std::string format_micro_time(WallTime time);
// Takes both forms; error names what was found.
Result<WallTime> parse_time(const std::string& text);

}  // namespace cresset::base
