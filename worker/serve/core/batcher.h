#pragma once
// Batcher: one thread around RequestQueue and Session. It gathers the rows of a batch into one
// tensor an input (none is copied when the batch is one request), runs the session, and hands each
// waiter views of its rows. A request with more rows than `max_rows` runs in slices. An exception
// fails the requests of its batch only; when the session calls the input invalid, the requests run
// once more one by one, so that only the guilty fails. submit() from any thread. Owns queue and
// thread; session, clock, counters and metrics outlive it. stop() answers what is queued, then
// joins.

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/result.h"
#include "worker/serve/core/request_queue.h"
#include "worker/serve/core/serve_metrics.h"
#include "worker/serve/core/session.h"

namespace cresset::serve {

struct BatcherOptions {
  BatchLimits limits;
  size_t max_queue = 1024;
  // Called on the batcher's thread when a batch failed for another reason than its input.
  std::function<void(const base::Error&)> on_failure = {};
};

class Batcher {
 public:
  Batcher(Session& session, BatcherOptions options, base::Clock& clock, LoadCounters& load,
          ServeMetrics& metrics);
  ~Batcher();
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  // Fills in arrival and shape key. On an error the waiter was not called and stays with `pending`.
  base::Result<void> submit(Pending& pending);
  void stop();
  size_t queued() const { return queue_.size(); }
  const BatchLimits& limits() const { return options_.limits; }

 private:
  void loop();
  void run(std::vector<Pending> batch);
  void run_one_by_one(std::vector<Pending> batch);
  base::Result<std::vector<Tensor>> run_rows(std::vector<Tensor> inputs, int64_t rows);
  base::Result<std::vector<Tensor>> run_session(std::vector<Tensor> inputs, int64_t rows);

  Session& session_;
  const BatcherOptions options_;
  base::Clock& clock_;
  LoadCounters& load_;
  ServeMetrics& metrics_;
  RequestQueue queue_;
  std::thread thread_;
};

// The inputs of many requests, one behind the other; views when there is one request only.
std::vector<Tensor> gather(const std::vector<Pending>& batch);
// Equal for inputs that differ in their number of rows only.
uint64_t shape_key(const std::vector<Tensor>& inputs);

}  // namespace cresset::serve
