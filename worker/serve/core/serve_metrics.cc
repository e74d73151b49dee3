#include "worker/serve/core/serve_metrics.h"

#include <vector>

namespace cresset::serve {

namespace {

using std::chrono::nanoseconds;

double seconds(nanoseconds time) { return static_cast<double>(time.count()) * 1e-9; }
double microseconds(nanoseconds time) { return static_cast<double>(time.count()) * 1e-3; }

// 20 µs to 10 s: a small model's batch is far below a millisecond.
std::vector<double> fine_bounds() {
  return {2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 0.001, 0.002, 0.005, 0.01,
          0.02, 0.05, 0.1,  0.2,  0.5,  1,     2,     5,     10};
}

}  // namespace

void LoadCounters::batch_done(int64_t requests, int64_t rows, nanoseconds compute,
                              nanoseconds queue_of_all) {
  requests_.fetch_add(requests, std::memory_order_relaxed);
  rows_.fetch_add(rows, std::memory_order_relaxed);
  batches_.fetch_add(1, std::memory_order_relaxed);
  service_nanoseconds_.fetch_add(compute.count(), std::memory_order_relaxed);
  queue_nanoseconds_.fetch_add(queue_of_all.count(), std::memory_order_relaxed);
}

worker_contract::ReplicaLoad LoadCounters::snapshot(int64_t max_batch) const {
  worker_contract::ReplicaLoad load;
  load.ready = ready && !draining && !broken;
  load.draining = draining;
  load.in_flight = in_flight;
  load.queued = queued;
  load.requests_total = requests_;
  load.rows_total = rows_;
  load.batches_total = batches_;
  load.service_seconds_total = seconds(nanoseconds(service_nanoseconds_));
  load.queue_seconds_total = seconds(nanoseconds(queue_nanoseconds_));
  load.max_batch = max_batch;
  return load;
}

ServeMetrics::ServeMetrics(base::Metrics& metrics, const std::string& model,
                           const std::string& version)
    : success_(metrics.counter("nv_inference_request_success", "Requests answered with 200",
                               {{"model", model}, {"version", version}})),
      failure_(metrics.counter("nv_inference_request_failure", "Requests that failed",
                               {{"model", model}, {"version", version}})),
      rows_(metrics.counter("nv_inference_count", "Rows inferred",
                            {{"model", model}, {"version", version}})),
      executions_(metrics.counter("nv_inference_exec_count", "Batches run",
                                  {{"model", model}, {"version", version}})),
      queue_us_(metrics.counter("nv_inference_queue_duration_us", "Time requests waited in queue",
                                {{"model", model}, {"version", version}})),
      compute_us_(metrics.counter("nv_inference_compute_infer_duration_us",
                                  "Compute time of requests (each counts its whole batch)",
                                  {{"model", model}, {"version", version}})),
      pending_(metrics.gauge("nv_inference_pending_request_count", "Requests in the queue",
                             {{"model", model}, {"version", version}})),
      queue_seconds_(metrics.histogram("cresset_serve_queue_seconds", "Wait of a request in queue",
                                       fine_bounds(), {{"model", model}, {"version", version}})),
      compute_seconds_(metrics.histogram("cresset_serve_compute_seconds", "Compute time of a batch",
                                         fine_bounds(), {{"model", model}, {"version", version}})),
      batch_size_(metrics.histogram("cresset_serve_batch_rows", "Rows of a batch",
                                    {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024},
                                    {{"model", model}, {"version", version}})) {}

void ServeMetrics::queued(nanoseconds waited) { queue_seconds_.observe(seconds(waited)); }

void ServeMetrics::batch_done(int64_t requests, int64_t rows, nanoseconds compute,
                              nanoseconds queue_of_all) {
  success_.add(static_cast<double>(requests));
  rows_.add(static_cast<double>(rows));
  executions_.add(1);
  queue_us_.add(microseconds(queue_of_all));
  compute_us_.add(microseconds(compute) * static_cast<double>(requests));
  compute_seconds_.observe(seconds(compute));
  batch_size_.observe(static_cast<double>(rows));
}

void ServeMetrics::failed(int64_t requests) { failure_.add(static_cast<double>(requests)); }
void ServeMetrics::pending(int64_t requests) { pending_.set(static_cast<double>(requests)); }

}  // namespace cresset::serve
