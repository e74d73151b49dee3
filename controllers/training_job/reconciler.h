#pragma once
// TrainingJobController: watches TrainingJobs; owns Pods, a headless Service and a NetworkPolicy
// for each. Its duty is to keep the group of workers whole, to begin rounds, and to tell the truth
// in the status. It never touches what it does not own, and no Secret. Made by main, which gives it
// to a Manager; outlives what the Manager runs.
//
//   TrainingJobController jobs(api, events, options, clock, metrics, log);
//   jobs.add_to(manager);

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "controllers/common/executor.h"
#include "controllers/common/expectations.h"
#include "controllers/common/mend_budget.h"
#include "controllers/training_job/observe.h"
#include "controllers/training_job/pods.h"
#include "controllers/training_job/progress_budget.h"
#include "operator/runtime/controller.h"
#include "operator/runtime/manager.h"

namespace cresset::controllers::training_job {

struct TrainingJobOptions {
  WorkerImages images;
  std::string coordination_url;
  // The CA bundle as it is now; "" while there is none, then no pod is made.
  std::function<std::string()> coordination_ca;
  ReportsOf reports_of;
  std::vector<std::string> namespaces = {};  // where it works; none: in the whole cluster
};

class TrainingJobController {
 public:
  TrainingJobController(kube::Api& api, runtime::EventRecorder& events, TrainingJobOptions options,
                        base::Clock& clock, base::Metrics& metrics, base::Log log);

  void add_to(runtime::Manager& manager);
  // Looks at that job again, e.g. when a worker reported. Any thread.
  void look_at(const kube::ObjectKey& key) { queue_.add(key); }
  // The caches, for coordination.
  runtime::Informer<crds::TrainingJob>& jobs() { return jobs_; }
  runtime::Informer<Pod>& pods() { return pods_; }
  base::Result<runtime::Outcome> reconcile(const kube::ObjectKey& key);

 private:
  // Whether the caches hold all that there is in that namespace.
  bool knows(const std::string& ns) const;
  // plan() over the caches, and over what it wants beside them.
  base::Result<Plan> planned(const crds::TrainingJob& job, const PodSettings& settings);
  // Whether the caches show what a change of ours did.
  bool shows(const Change& change, const base::Uid& job) const;
  base::Result<runtime::Outcome> failed(const crds::TrainingJob& job, const base::Error& error);
  base::Result<runtime::Outcome> refused(const crds::TrainingJob& job, const base::Error& error);

  kube::Api& api_;
  TrainingJobOptions options_;
  base::Clock& clock_;
  base::Log log_;
  runtime::WorkQueue queue_;
  runtime::Informer<crds::TrainingJob> jobs_;
  runtime::Informer<Pod> pods_;
  runtime::Informer<Child> services_;
  runtime::Informer<Child> network_policies_;
  Executor executor_;
  Expectations expectations_;
  MendBudget mends_;
  ProgressBudget budget_;
  runtime::Controller controller_;
};

}  // namespace cresset::controllers::training_job
