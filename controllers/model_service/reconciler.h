#pragma once
// ModelServiceController: watches ModelServices; owns a Deployment a revision, a Service and a
// NetworkPolicy for each. Its duty is that the wanted revision serves with as many replicas as the
// spec or the load asks for, and to tell the truth in the status. It never writes spec.replicas,
// touches what it does not own, or reads a Secret. Made by main, which gives it to a Manager;
// outlives what the Manager runs.
//
//   ModelServiceController services(api, events, options, clock, metrics, log);
//   services.add_to(manager);
//   jobs.on_change([&](…) { services.job_changed(key); });   // models come from there
//   server.on_load([&](const auto& report) { services.on_load(report); });

#include <functional>
#include <string>
#include <vector>

#include "controllers/common/executor.h"
#include "controllers/common/expectations.h"
#include "controllers/common/mend_budget.h"
#include "controllers/model_service/load_board.h"
#include "controllers/model_service/observe.h"
#include "controllers/model_service/settings.h"
#include "operator/runtime/controller.h"
#include "operator/runtime/manager.h"

namespace cresset::controllers::model_service {

struct ModelServiceOptions {
  ServingSettings settings;
  // What is known of a TrainingJob; nothing when there is no such job. Any thread.
  std::function<std::optional<TrainedModel>(const kube::ObjectKey& job)> trained;
  std::vector<std::string> namespaces = {};  // where it works; none: in the whole cluster
  // Whether all jobs of that namespace are known. Any thread.
  std::function<bool(const std::string& ns)> knows_jobs = [](const std::string&) { return true; };
};

class ModelServiceController {
 public:
  ModelServiceController(kube::Api& api, runtime::EventRecorder& events,
                         ModelServiceOptions options, base::Clock& clock, base::Metrics& metrics,
                         base::Log log);

  void add_to(runtime::Manager& manager);
  // A gateway's line, from POST /v1/load. Any thread.
  void on_load(const worker_contract::LoadReport& report) { board_.on_load(report, clock_.mono()); }
  // Looks again at the services that name this job. Any thread.
  void job_changed(const kube::ObjectKey& job,
                   runtime::Priority priority = runtime::Priority::kFresh);
  runtime::Informer<crds::ModelService>& services() { return services_; }
  base::Result<runtime::Outcome> reconcile(const kube::ObjectKey& key);

 private:
  void index();
  void connect();
  // Whether the caches hold all that there is in that namespace.
  bool knows(const std::string& ns) const;
  // Whether the caches show it.
  bool shown(const Change& change, const base::Uid& service) const;
  Observed look(const crds::ModelService& service);
  base::Result<runtime::Outcome> refused(const crds::ModelService& service,
                                         const Observed& observed, const base::Error& error);

  ModelServiceOptions options_;
  base::Clock& clock_;
  base::Log log_;
  runtime::WorkQueue queue_;
  LoadBoard board_;
  runtime::Informer<crds::ModelService> services_;
  runtime::Informer<Child> deployments_;
  runtime::Informer<Child> kube_services_;
  runtime::Informer<Child> policies_;
  runtime::Informer<Pod> pods_;
  Executor executor_;
  Expectations expectations_;
  MendBudget mends_;
  runtime::Controller controller_;
};

}  // namespace cresset::controllers::model_service
