#pragma once
// What a replica counts: LoadCounters feeds GET /load (worker_contract::ReplicaLoad), ServeMetrics
// feeds GET /metrics, under Triton's names where Triton has the thing, so that its dashboards work
// unchanged. Moved once a batch, not once a row; any thread. Both outlive batcher and routes.

#include <atomic>
#include <chrono>
#include <cstdint>

#include "crds/worker_contract/load.h"
#include "operator/base/metrics.h"
#include "worker/serve/core/tensor.h"

namespace cresset::serve {

class LoadCounters {
 public:
  std::atomic<bool> ready{false};
  std::atomic<bool> draining{false};
  std::atomic<bool> broken{false};  // the model fails, whatever its input (SelfTest)
  std::atomic<int64_t> in_flight{0};
  std::atomic<int64_t> queued{0};

  void batch_done(int64_t requests, int64_t rows, std::chrono::nanoseconds compute,
                  std::chrono::nanoseconds queue_of_all);
  worker_contract::ReplicaLoad snapshot(int64_t max_batch) const;

 private:
  std::atomic<int64_t> requests_{0};
  std::atomic<int64_t> rows_{0};
  std::atomic<int64_t> batches_{0};
  std::atomic<int64_t> service_nanoseconds_{0};
  std::atomic<int64_t> queue_nanoseconds_{0};
};

class ServeMetrics {
 public:
  ServeMetrics(base::Metrics& metrics, const std::string& model, const std::string& version);

  void queued(std::chrono::nanoseconds waited);  // once a request
  void batch_done(int64_t requests, int64_t rows, std::chrono::nanoseconds compute,
                  std::chrono::nanoseconds queue_of_all);
  void failed(int64_t requests);
  void pending(int64_t requests);  // in the queue now; told when somebody asks

 private:
  base::Counter& success_;
  base::Counter& failure_;
  base::Counter& rows_;
  base::Counter& executions_;
  base::Counter& queue_us_;
  base::Counter& compute_us_;
  base::Gauge& pending_;
  base::Histogram& queue_seconds_;
  base::Histogram& compute_seconds_;
  base::Histogram& batch_size_;
};

}  // namespace cresset::serve
