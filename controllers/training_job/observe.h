#pragma once
// Observed: what the caches show of one TrainingJob, sorted into named buckets. observe() reads
// caches and nothing else; they may be stale, which deterministic child names make harmless.
// Snapshots; any thread.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controllers/common/child.h"
#include "controllers/common/pod.h"
#include "crds/training_job.h"
#include "crds/worker_contract/reports.h"
#include "operator/runtime/store.h"

namespace cresset::controllers::training_job {

struct Observed {
  std::vector<std::shared_ptr<const Pod>> pods;  // the job's workers (job_of_worker), any state
  std::shared_ptr<const Child> service;
  std::shared_ptr<const Child> network_policy;
  worker_contract::JobReports reports;
  // What the Service keeps as the job's template, where it was read (Plan::wants_template).
  std::optional<std::string> kept_text;
};

using ReportsOf = std::function<worker_contract::JobReports(const base::Uid& job)>;

Observed observe(const crds::TrainingJob& job, const runtime::Store<Pod>& pods,
                 const runtime::Store<Child>& services,
                 const runtime::Store<Child>& network_policies, const ReportsOf& reports_of);

}  // namespace cresset::controllers::training_job
