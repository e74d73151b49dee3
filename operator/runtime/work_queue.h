#pragma once
// WorkQueue: keys waiting to be reconciled. A key is at most once in the queue and never processed
// twice at the same time: added while being processed, it comes again afterwards. Fresh events go
// before what a list brought, and namespaces take turns (fair_queue.h); of several adds the highest
// priority and the earliest time win (key_queue.h); a failed key waits by its own backoff. Any
// thread; owned by a Controller.
//
//   while (auto key = queue.next(stop)) { auto again = reconcile(*key); queue.done(*key); … }

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>

#include "operator/base/backoff.h"
#include "operator/base/clock.h"
#include "operator/base/metrics.h"
#include "operator/kube/core/object.h"
#include "operator/runtime/priority.h"

namespace cresset::runtime {

class WorkQueue {
 public:
  WorkQueue(base::Clock& clock, base::Random random, base::BackoffRange range = {});
  ~WorkQueue();
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  void add(const kube::ObjectKey& key, Priority priority = Priority::kFresh);
  // These two keep the priority at which the key is being worked on.
  void add_after(const kube::ObjectKey& key, std::chrono::milliseconds delay);
  // By the key's own backoff, which grows with each call until forget().
  void add_failed(const kube::ObjectKey& key);
  void forget(const kube::ObjectKey& key);
  // Waits for a key that is due; nothing when stopped. The caller must call done().
  std::optional<kube::ObjectKey> next(std::stop_token stop);
  void done(const kube::ObjectKey& key);
  // Keys that are due and wait for a worker; delayed ones do not count.
  size_t size() const;
  // Everything the queue holds about keys; 0 when nothing is left to do (a leak shows here).
  size_t remembered() const;
  // Moves workqueue_depth (also labelled `priority`), _adds_total, _retries_total,
  // _queue_duration_seconds and _work_duration_seconds (client-go's names), labelled `name` and, as
  // controller-runtime does it, once more `controller`; with each render also
  // _unfinished_work_seconds and _longest_running_processor_seconds, so that a reconcile that hangs
  // shows. Before use; `metrics` outlives it.
  void report_to(base::Metrics& metrics, const std::string& name);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cresset::runtime
