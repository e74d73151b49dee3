#pragma once
// Reports: the latest Progress of each worker, in memory. The server puts in what pods with a
// checked token told; the TrainingJob controller reads a snapshot of its job. `wake` is called (on
// the caller's thread, without a lock held) when something came that the controller should act on
// now: a first report, another state or round, the number of steps, a model, a resume. Plain
// progress of worker 0, which speaks for the job, wakes once in a `progress_period`. Any thread;
// owned by main.
//
//   Reports reports(clock, kProgressPeriod, [&](const kube::ObjectKey& job) { queue.add(job); });

#include <chrono>
#include <functional>
#include <map>
#include <mutex>

#include "crds/worker_contract/reports.h"
#include "operator/kube/core/object.h"

namespace cresset::coordination {

class Reports {
 public:
  using Wake = std::function<void(const kube::ObjectKey& job)>;
  Reports(base::Clock& clock, std::chrono::milliseconds progress_period, Wake wake)
      : clock_(clock), progress_period_(progress_period), wake_(std::move(wake)) {}

  // False when it is older than what the same pod told already, and was dropped.
  bool put(const kube::ObjectKey& job, const base::Uid& job_uid, int index, const base::Uid& pod,
           worker_contract::Progress progress);
  worker_contract::JobReports of(const base::Uid& job_uid) const;
  // When the job is gone.
  void forget(const base::Uid& job_uid);
  size_t jobs() const;

 private:
  struct Job {
    worker_contract::JobReports workers;
    worker_contract::Progress told;  // worker 0's, when the controller was last woken
    base::MonoTime woken;
  };

  base::Clock& clock_;
  const std::chrono::milliseconds progress_period_;
  Wake wake_;
  mutable std::mutex mutex_;
  std::map<base::Uid, Job> jobs_;
};

}  // namespace cresset::coordination
