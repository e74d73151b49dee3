#include "operator/coordination/job_view.h"

#include <charconv>

#include "crds/worker_contract/names.h"

namespace cresset::coordination {

namespace {

int index_of(const kube::ObjectMeta& meta) {
  const auto label = meta.labels->find(worker_contract::kIndexLabel);
  if (label == meta.labels->end()) return -1;
  int index = -1;
  const std::string& text = label->second;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, index);
  return error == std::errc() && stopped == end && index >= 0 ? index : -1;
}

}  // namespace

std::optional<JobView> job_view(const crds::TrainingJob& job) {
  if (!job.managed_here()) return std::nullopt;
  return JobView{.key = job.meta.key(),
                 .uid = job.meta.uid,
                 .finished = kube::is_true(job.status.conditions, "Complete") ||
                             kube::is_true(job.status.conditions, "Failed"),
                 .suspended = job.suspend,
                 .round = job.status.round,
                 .world_size = job.status.world_size,
                 .members = job.status.members,
                 .digest = job.status.members_digest};
}

WorkerPod worker_pod(const kube::ObjectMeta& meta, const std::string& ip, bool ended) {
  const auto* owner = meta.controller();
  return {.name = meta.name,
          .uid = meta.uid,
          .job = owner != nullptr ? owner->uid : base::Uid(),
          .index = index_of(meta),
          .ip = ip,
          .ending = meta.deleted.has_value() || ended};
}

}  // namespace cresset::coordination
