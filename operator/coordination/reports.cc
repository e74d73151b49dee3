#include "operator/coordination/reports.h"

namespace cresset::coordination {

using worker_contract::Progress;
using worker_contract::WorkerReport;

namespace {

bool matters(const Progress& before, const Progress& after) {
  return before.state != after.state || before.round != after.round ||
         before.total_steps != after.total_steps ||
         before.resumed_from_step != after.resumed_from_step ||
         before.model_digest != after.model_digest;
}

}  // namespace

bool Reports::put(const kube::ObjectKey& job, const base::Uid& job_uid, int index,
                  const base::Uid& pod, Progress progress) {
  bool wake = true;
  {
    std::lock_guard lock(mutex_);
    auto& [workers, told, woken] = jobs_[job_uid];
    const auto now = clock_.mono();
    const auto found = workers.find(index);
    if (found != workers.end() && found->second.pod == pod) {
      if (progress.round < found->second.progress.round) return false;
      const bool due = index == 0 && progress != told && now - woken >= progress_period_;
      wake = due || matters(found->second.progress, progress);
    }
    workers.insert_or_assign(index, WorkerReport{pod, std::move(progress), clock_.wall()});
    if (wake) {
      woken = now;
      told = workers.contains(0) ? workers.at(0).progress : Progress{};
    }
  }
  if (wake) wake_(job);
  return true;
}

worker_contract::JobReports Reports::of(const base::Uid& job_uid) const {
  std::lock_guard lock(mutex_);
  const auto found = jobs_.find(job_uid);
  return found == jobs_.end() ? worker_contract::JobReports{} : found->second.workers;
}

void Reports::forget(const base::Uid& job_uid) {
  std::lock_guard lock(mutex_);
  jobs_.erase(job_uid);
}

size_t Reports::jobs() const {
  std::lock_guard lock(mutex_);
  return jobs_.size();
}

}  // namespace cresset::coordination
