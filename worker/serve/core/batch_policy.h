#pragma once
// When to stop waiting and how many requests to take: a pure function of the queue and the time, so
// that a table of cases can hold it. First come, first served; a batch holds one shape only and
// never more than `max_rows`, except that a request that is larger alone is taken alone (the
// batcher runs it in slices). Who waits for company is decided by what was seen: `expected` rows
// were in the system lately, so with that many there is nobody to wait for. A lone client therefore
// never waits, and 32 clients fill a batch without spending the whole delay.
//
//   const auto decision = decide(queued, {.max_rows = 32, .max_delay = 2ms}, expected.rows(), now);
//   if (decision.take == 0) wait_until(decision.look_again);

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

#include "operator/base/clock.h"

namespace cresset::serve {

struct BatchLimits {
  int64_t max_rows = 32;
  std::chrono::microseconds max_delay{2000};
};

struct Queued {
  int64_t rows = 1;
  base::MonoTime arrived;
  base::MonoTime deadline = base::MonoTime::max();  // answered with an error once it has passed
  uint64_t shape_key = 0;                           // equal keys may share a batch
  bool alone = false;                               // shares none
};

struct Decision {
  size_t take = 0;               // requests from the front
  base::MonoTime look_again{};   // when take is 0 and something is queued
  bool gave_up_waiting = false;  // the delay ran out before the expected rows came
};

Decision decide(const std::deque<Queued>& queue, const BatchLimits& limits, int64_t expected,
                base::MonoTime now);

// How many rows the clients keep in the system, learnt from the batches taken. Follows growth at
// once; shrinks at once when waiting was in vain, else by an eighth.
class Expectation {
 public:
  int64_t rows() const { return rows_; }
  void took(int64_t rows, bool gave_up_waiting);

 private:
  int64_t rows_ = 1;
};

}  // namespace cresset::serve
