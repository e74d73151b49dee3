#include "worker/train/core/schedule.h"

namespace cresset::train {

Schedule::Schedule(int64_t every_steps, std::chrono::milliseconds every, base::MonoTime start)
    : every_steps_(every_steps), every_(every), last_(start) {}

bool Schedule::due(int64_t step, base::MonoTime now) {
  const bool by_steps = every_steps_ > 0 && step % every_steps_ == 0;
  const bool by_time = every_.count() > 0 && now - last_ >= every_;
  if (!by_steps && !by_time) return false;
  last_ = now;
  return true;
}

}  // namespace cresset::train
