#pragma once
// Controller: workers that take keys from a WorkQueue and reconcile each. The contract is that of
// controller-runtime: level-triggered (the key says which object, not what happened), an Error goes
// back by the key's backoff (a terminal one is logged and not retried), a success may ask to be
// looked at again. A thrown exception costs that one reconcile. Started by the Manager once the
// informers it reads are synced; when stopped, reconciles going on are finished. Reports under
// controller-runtime's metric names (controller_runtime_reconcile_total, workqueue_depth, ...), of
// which only those of webhooks and serving certificates in files are left out: there are none. A
// reconcile has no time limit, but each of its calls has, which is what _timeouts_total counts.
// What is logged during a reconcile, by whatever it calls, names, as there, controller, kind,
// namespace, name and reconcileID.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "operator/base/log.h"
#include "operator/base/metrics.h"
#include "operator/base/result.h"
#include "operator/runtime/informer.h"
#include "operator/runtime/work_queue.h"

namespace cresset::runtime {

struct Outcome {
  std::optional<std::chrono::milliseconds> again_after;  // nothing: wait for the next change
};

using Reconcile = std::function<base::Result<Outcome>(const kube::ObjectKey& key)>;

struct ControllerOptions {
  std::string name;  // "trainingjob": label `controller` of the metrics
  std::string kind;  // "TrainingJob": of the objects, for the log
  int workers = 4;
};

class Controller : public Runnable {
 public:
  Controller(ControllerOptions options, WorkQueue& queue, Reconcile reconcile, base::Clock& clock,
             base::Metrics& metrics, base::Log log);
  ~Controller() override;
  std::string name() const override;
  void run(std::stop_token stop) override;

 private:
  struct Meters;
  void work(std::stop_token stop);
  base::Result<Outcome> reconcile_one(const kube::ObjectKey& key);
  void settle(const kube::ObjectKey& key, const base::Result<Outcome>& outcome);
  base::LogFields fields_of_reconcile(const kube::ObjectKey& key) const;

  ControllerOptions options_;
  WorkQueue& queue_;
  Reconcile reconcile_;
  base::Clock& clock_;
  base::Log log_;
  std::unique_ptr<Meters> meters_;
};

}  // namespace cresset::runtime
