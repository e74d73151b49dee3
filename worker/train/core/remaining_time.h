#pragma once
// How long the rest of the steps will take, by the pace of the newest ones: the mean over the last
// windows of steps but the slowest. So a single pause (a checkpoint to a slow store, a process that
// was stopped) changes nothing, and what comes again and again (validation after short epochs)
// counts. A restart begins without a past. Pure; one thread.
//
//   remaining.add(12, 1.05);  // 12 steps took so many seconds
//   remaining.seconds_for(total - step);

#include <cstdint>
#include <deque>
#include <optional>

namespace cresset::train {

class RemainingTime {
 public:
  static constexpr size_t kWindows = 30;

  // The newest window. Without a step or without time it says nothing.
  void add(int64_t steps, double seconds);
  // Of so many steps, rounded up; nothing before the first window.
  std::optional<int64_t> seconds_for(int64_t steps) const;

 private:
  struct Window {
    int64_t steps;
    double seconds;
  };
  std::deque<Window> windows_;
  double seconds_a_step_ = 0;
};

}  // namespace cresset::train
