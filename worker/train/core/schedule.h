#pragma once
// When a thing that happens every so many steps or seconds is due, whichever comes first. Told the
// time; one thread.

#include <chrono>
#include <cstdint>

#include "operator/base/clock.h"

namespace cresset::train {

class Schedule {
 public:
  // Zero switches that side off. `start`: when the waiting for the first begins.
  Schedule(int64_t every_steps, std::chrono::milliseconds every, base::MonoTime start);

  // After `step` steps were completed. True at multiples of every_steps, and when `every` has
  // passed since it was last true.
  bool due(int64_t step, base::MonoTime now);

 private:
  int64_t every_steps_;
  std::chrono::milliseconds every_;
  base::MonoTime last_;
};

}  // namespace cresset::train
