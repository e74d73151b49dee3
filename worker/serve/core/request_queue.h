#pragma once
// RequestQueue: what waits for the batcher, bounded, first come first served. push() may be called
// by any thread and never blocks; take() belongs to the one batcher thread and waits on the clock
// that was passed in until the policy lets a batch go. After close() pushes are refused and take()
// hands out what is left without waiting, then nothing. A push wakes the batcher only when that
// changes its decision, so a full batch costs two wake-ups and not one a request.

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/result.h"
#include "worker/serve/core/batch_policy.h"
#include "worker/serve/core/tensor.h"

namespace cresset::serve {

// Who gets the answer; called once, on the batcher's thread. The views live as long as the call.
class Waiter {
 public:
  virtual ~Waiter() = default;
  virtual void answered(std::span<const Tensor> outputs) = 0;
  virtual void failed(const base::Error& error) = 0;
};

struct Pending {
  Queued queued;
  std::vector<Tensor> inputs;  // may view bytes that the waiter keeps
  std::unique_ptr<Waiter> waiter;
};

struct Taken {
  std::vector<Pending> batch;    // one shape
  std::vector<Pending> expired;  // their deadline passed in the queue
  bool closed = false;           // nothing is left and nothing will come
};

class RequestQueue {
 public:
  RequestQueue(BatchLimits limits, size_t max_requests, base::Clock& clock)
      : limits_(limits), max_requests_(max_requests), clock_(clock) {}

  // On an error `pending` is untouched. exhausted: full. unavailable: closed.
  base::Result<void> push(Pending& pending);
  Taken take();
  void close();
  size_t size() const;

 private:
  void move_expired(base::MonoTime now, std::vector<Pending>& expired);
  Pending pop_front();

  const BatchLimits limits_;
  const size_t max_requests_;
  base::Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  bool woken_ = false;
  bool closed_ = false;
  bool has_deadlines_ = false;
  Expectation expectation_;
  std::deque<Queued> queued_;  // in step with pending_
  std::deque<Pending> pending_;
};

}  // namespace cresset::serve
