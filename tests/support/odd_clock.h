#pragma once
// OddClock: a ManualClock that throws once when it is asked after `be_odd`, for what holds no
// exception off and yet must live on. Any thread.

#include <atomic>
#include <stdexcept>

#include "operator/base/clock.h"

namespace cresset::testing {

class OddClock : public base::ManualClock {
 public:
  void be_odd() { is_odd_ = true; }
  base::MonoTime mono() const override {
    if (is_odd_.exchange(false)) throw std::runtime_error("odd");
    return base::ManualClock::mono();
  }

 private:
  mutable std::atomic<bool> is_odd_ = false;
};

}  // namespace cresset::testing
