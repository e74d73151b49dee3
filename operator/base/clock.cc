#include "operator/base/clock.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>

namespace cresset::base {

WallTime SystemClock::wall() const {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

MonoTime SystemClock::mono() const { return std::chrono::steady_clock::now(); }

bool SystemClock::wait_until(std::unique_lock<std::mutex>& lock,
                             std::condition_variable_any& changed, std::stop_token stop,
                             MonoTime deadline, const std::function<bool()>& ready) {
  if (deadline == MonoTime::max()) return changed.wait(lock, stop, ready);
  return changed.wait_until(lock, stop, deadline, ready);
}

ManualClock::ManualClock() : wall_(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)) {}

WallTime ManualClock::wall() const {
  std::lock_guard lock(mutex_);
  return wall_;
}

MonoTime ManualClock::mono() const {
  std::lock_guard lock(mutex_);
  return mono_;
}

bool ManualClock::wait_until(std::unique_lock<std::mutex>& lock,
                             std::condition_variable_any& changed, std::stop_token stop,
                             MonoTime deadline, const std::function<bool()>& ready) {
  std::list<Waiter>::iterator self;
  {
    std::lock_guard own(mutex_);
    self = waiting_.insert(waiting_.end(), {&changed, deadline});
  }
  // The test's thread may move the clock between two looks, so a short real wait bounds the gap.
  while (!ready() && !stop.stop_requested() && mono() < deadline)
    changed.wait_for(lock, stop, std::chrono::milliseconds(5), ready);
  std::lock_guard own(mutex_);
  waiting_.erase(self);
  return ready();
}

void ManualClock::advance(std::chrono::milliseconds by) {
  std::lock_guard lock(mutex_);
  wall_ += by;
  mono_ += by;
  for (const auto& waiter : waiting_) waiter.changed->notify_all();
}

int ManualClock::waiting() const {
  std::lock_guard lock(mutex_);
  return static_cast<int>(std::count_if(waiting_.begin(), waiting_.end(),
                                        [this](const Waiter& w) { return w.deadline > mono_; }));
}

namespace {

std::tm broken_down(WallTime time) {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return parts;
}

}  // namespace

std::string format_time(WallTime time) {
  const std::tm parts = broken_down(time);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string format_micro_time(WallTime time) {
  const std::tm parts = broken_down(time);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  const auto millis = (time - std::chrono::floor<std::chrono::seconds>(time)).count();
  char fraction[16];
  std::snprintf(fraction, sizeof fraction, ".%03d000Z", static_cast<int>(millis));
  return std::string(text) + fraction;
}

Result<WallTime> parse_time(const std::string& text) {
  std::tm parts{};
  const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  const auto bad = [&] {
    return fail(invalid("a time must look like 2026-01-01T00:00:00Z, found \"" + text + "\""));
  };
  if (rest == nullptr) return bad();
  long millis = 0;
  if (*rest == '.') {
    long scale = 100;
    for (++rest; *rest >= '0' && *rest <= '9'; ++rest, scale /= 10) millis += (*rest - '0') * scale;
  }
  if (*rest != 'Z' || rest[1] != '\0') return bad();
  const auto time = WallTime(std::chrono::seconds(timegm(&parts)));
  // Carried over into a year of five digits, which no form of a time has room for.
  if (time >= std::chrono::sys_days(std::chrono::year(10000) / 1 / 1)) return bad();
  return time + std::chrono::milliseconds(millis);
}

}  // namespace cresset::base
