#include "worker/serve/core/batch_policy.h"

#include <algorithm>

namespace cresset::serve {

namespace {

struct Front {
  size_t requests = 0;
  int64_t rows = 0;
  bool closed = false;  // nobody who comes later can join
};

// The longest run from the front that may form one batch.
Front front_of(const std::deque<Queued>& queue, int64_t max_rows) {
  Front front;
  for (const auto& item : queue) {
    const bool first = front.requests == 0;
    const bool fits = first || front.rows + item.rows <= max_rows;
    const bool joins = first || !(item.alone || queue.front().alone);
    front.closed = !fits || !joins || item.shape_key != queue.front().shape_key;
    if (front.closed) return front;
    front.requests += 1;
    front.rows += item.rows;
  }
  front.closed = front.rows >= max_rows || (!queue.empty() && queue.front().alone);
  return front;
}

}  // namespace

Decision decide(const std::deque<Queued>& queue, const BatchLimits& limits, int64_t expected,
                base::MonoTime now) {
  if (queue.empty()) return {};
  const Front front = front_of(queue, limits.max_rows);
  if (front.closed || front.rows >= expected) return {.take = front.requests};
  const auto patience = queue.front().arrived + limits.max_delay;
  auto until = patience;
  for (const auto& item : queue) until = std::min(until, item.deadline);
  if (now >= until) return {.take = front.requests, .gave_up_waiting = now >= patience};
  return {.look_again = until};
}

void Expectation::took(int64_t rows, bool gave_up_waiting) {
  rows_ = gave_up_waiting ? rows : std::max(rows, rows_ - (rows_ + 7) / 8);
}

}  // namespace cresset::serve
