#include "operator/runtime/controller.h"

#include <atomic>
#include <cstdio>
#include <exception>
#include <random>
#include <thread>
#include <vector>

namespace cresset::runtime {

namespace {

base::Counter& results(base::Metrics& metrics, const std::string& name, const char* result) {
  return metrics.counter("controller_runtime_reconcile_total", "Reconciles by their result",
                         {{"controller", name}, {"result", result}});
}

// Of all controllers, no two the same before 2^32 are given. The first is any, so that the next
// process hardly repeats those of this one.
std::string next_reconcile_id() {
  static std::atomic<uint32_t> next{std::random_device{}()};
  char text[9];
  std::snprintf(text, sizeof text, "%08x", next.fetch_add(1));
  return text;
}

}  // namespace

struct Controller::Meters {
  Meters(base::Metrics& metrics, const std::string& name)
      : success(results(metrics, name, "success")),
        again(results(metrics, name, "requeue_after")),
        error(results(metrics, name, "error")),
        errors(metrics.counter("controller_runtime_reconcile_errors_total",
                               "Reconciles that failed", {{"controller", name}})),
        terminal(metrics.counter("controller_runtime_terminal_reconcile_errors_total",
                                 "Reconciles whose error no retry can heal",
                                 {{"controller", name}})),
        timed_out(metrics.counter("controller_runtime_reconcile_timeouts_total",
                                  "Reconciles that the time limit of a call has ended",
                                  {{"controller", name}})),
        thrown(metrics.counter("controller_runtime_reconcile_panics_total",
                               "Reconciles that threw an exception", {{"controller", name}})),
        active(metrics.gauge("controller_runtime_active_workers", "Reconciles going on",
                             {{"controller", name}})),
        seconds(metrics.histogram("controller_runtime_reconcile_time_seconds",
                                  "Seconds that a reconcile takes", base::duration_bounds(),
                                  {{"controller", name}})) {
    // Never counted, since whatever is to come again names its time here; but stock boards add the
    // four results up, and PromQL makes nothing of a sum with a series that is not there.
    results(metrics, name, "requeue");
  }

  base::Counter& success;
  base::Counter& again;
  base::Counter& error;
  base::Counter& errors;
  base::Counter& terminal;
  base::Counter& timed_out;
  base::Counter& thrown;
  base::Gauge& active;
  base::Histogram& seconds;
};

Controller::Controller(ControllerOptions options, WorkQueue& queue, Reconcile reconcile,
                       base::Clock& clock, base::Metrics& metrics, base::Log log)
    : options_(std::move(options)),
      queue_(queue),
      reconcile_(std::move(reconcile)),
      clock_(clock),
      log_(std::move(log)),
      meters_(std::make_unique<Meters>(metrics, options_.name)) {
  queue_.report_to(metrics, options_.name);
  metrics
      .gauge("controller_runtime_max_concurrent_reconciles", "Reconciles that may go on at once",
             {{"controller", options_.name}})
      .set(options_.workers);
}
Controller::~Controller() = default;

std::string Controller::name() const { return "controller/" + options_.name; }

void Controller::run(std::stop_token stop) {
  std::vector<std::jthread> workers;
  for (int i = 0; i < options_.workers; ++i) workers.emplace_back([this, stop] { work(stop); });
}

void Controller::work(std::stop_token stop) {
  while (const auto key = queue_.next(stop)) {
    const base::LogScope scope(fields_of_reconcile(*key));
    meters_->active.add(1);
    const auto begun = clock_.mono();
    settle(*key, reconcile_one(*key));
    meters_->seconds.observe(std::chrono::duration<double>(clock_.mono() - begun).count());
    meters_->active.add(-1);
    queue_.done(*key);
  }
}

base::Result<Outcome> Controller::reconcile_one(const kube::ObjectKey& key) {
  try {
    return reconcile_(key);
  } catch (const std::exception& thrown) {
    meters_->thrown.add();
    return base::fail(base::internal(std::string("exception: ") + thrown.what()));
  } catch (...) {
    meters_->thrown.add();
    return base::fail(base::internal("exception of an unknown type"));
  }
}

void Controller::settle(const kube::ObjectKey& key, const base::Result<Outcome>& outcome) {
  if (outcome) {
    queue_.forget(key);
    if (outcome->again_after) queue_.add_after(key, *outcome->again_after);
    (outcome->again_after ? meters_->again : meters_->success).add();
    return;
  }
  const base::Error& error = outcome.error();
  meters_->error.add();
  meters_->errors.add();
  if (error.kind() == base::ErrorKind::kTimeout) meters_->timed_out.add();
  const std::initializer_list<base::Field> fields = {{"error_kind", base::to_string(error.kind())},
                                                     {"error", error.message()}};
  if (base::is_terminal(error)) {
    meters_->terminal.add();
    queue_.forget(key);
    log_.error("reconcile failed; not retried until the object changes", fields);
    return;
  }
  queue_.add_failed(key);
  // Losing a race for a version is daily business; the retry heals it.
  if (base::is_conflict(error) || base::is_cancelled(error))
    log_.debug("reconcile failed; retried", fields);
  else
    log_.warn("reconcile failed; retried", fields);
}

base::LogFields Controller::fields_of_reconcile(const kube::ObjectKey& key) const {
  return {{"controller", options_.name},
          {"kind", options_.kind},
          {"namespace", key.ns},
          {"name", key.name},
          {"reconcileID", next_reconcile_id()}};
}

}  // namespace cresset::runtime
