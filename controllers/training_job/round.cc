#include "controllers/training_job/round.h"

#include <algorithm>

#include "controllers/training_job/status.h"
#include "crds/worker_contract/group.h"

namespace cresset::controllers::training_job {

using worker_contract::WorkerReport;
using worker_contract::WorkerState;

namespace {

// The newest report of that very pod about the current round.
const WorkerReport* report_of(const crds::TrainingJob& job, int index, const Pod& pod,
                              const worker_contract::JobReports& reports) {
  const auto found = reports.find(index);
  if (found == reports.end() || found->second.pod != pod.meta.uid) return nullptr;
  return found->second.progress.round == job.status.round ? &found->second : nullptr;
}

struct Members {
  std::vector<int> indices;
  std::map<int, base::Uid> uids;
};

Members members_of(const Group& group) {
  Members members;
  for (const auto& [index, pod] : group.live) {
    members.indices.push_back(index);
    members.uids[index] = pod->meta.uid;
  }
  return members;
}

// Since when the round is known to be over; nothing while some member still trains and nobody told.
base::WallTime over_since(const crds::TrainingJob& job, const Group& group,
                          const worker_contract::JobReports& reports) {
  base::WallTime since{};
  for (const auto& [index, pod] : group.live) {
    const auto* report = report_of(job, index, *pod, reports);
    if (report != nullptr && report->progress.state == WorkerState::kBroken)
      since = std::max(since, report->received);
    else if (report == nullptr && pod->meta.created)
      since = std::max(since, *pod->meta.created);
  }
  return since;
}

// The round that the group has reached: only one that a status told is reported, so a status that
// says less was set back by somebody, and its next ones would be rounds that the workers are done
// with. What no status can have told is not believed.
int reached_round(const crds::TrainingJob& job, const Group& group,
                  const worker_contract::JobReports& reports) {
  int reached = job.status.round;
  for (const auto& [index, pod] : group.live)
    if (const auto found = reports.find(index);
        found != reports.end() && found->second.pod == pod->meta.uid &&
        found->second.progress.round <= job.status.round + kMostSetBack)
      reached = std::max(reached, found->second.progress.round);
  return reached;
}

// Until when a round waits that nobody pays for. The condition moved when the round before began,
// or, where that was too short, when its end was told.
base::WallTime paused_until(const crds::TrainingJob& job) {
  const auto verdict = judge(job.failure_policy, {crds::cause::kRankEnded, std::nullopt});
  const auto* running = kube::find_condition(job.status.conditions, kRunning);
  const bool uncharged = verdict.action == crds::FailureAction::kRestartUncharged;
  if (!uncharged || running == nullptr || !running->last_transition) return {};
  return *running->last_transition + kPause;
}

bool somebody_trains(const crds::TrainingJob& job, const Group& group,
                     const worker_contract::JobReports& reports) {
  return std::any_of(group.live.begin(), group.live.end(), [&](const auto& entry) {
    const auto* report = report_of(job, entry.first, *entry.second, reports);
    return report != nullptr && report->progress.state == WorkerState::kRunning;
  });
}

}  // namespace

bool is_broken(const crds::TrainingJob& job, const Group& group,
               const worker_contract::JobReports& reports) {
  return std::any_of(group.live.begin(), group.live.end(), [&](const auto& entry) {
    const auto* report = report_of(job, entry.first, *entry.second, reports);
    return report != nullptr && report->progress.state == WorkerState::kBroken;
  });
}

bool is_resized(const crds::TrainingJobStatus& status, int count) {
  if (status.members_digest.empty()) return false;
  const auto members = worker_contract::parse_members(status.members);
  return !members || static_cast<int>(members->size()) != count;
}

RoundDecision decide_round(const crds::TrainingJob& job, const Group& group,
                           const worker_contract::JobReports& reports, base::WallTime now) {
  const int count = job.workers.count;
  if (!group.all_running(count)) return {};
  const Members members = members_of(group);
  const int reached = reached_round(job, group, reports);
  NextRound next{.round = reached + 1,
                 .world_size = count * job.config.processes_per_worker,
                 .members = worker_contract::format_members(members.indices),
                 .digest = worker_contract::members_digest(members.uids)};
  if (job.status.members_digest.empty()) {
    next.reason = "all workers run";
    return {.next = std::move(next)};
  }
  if (reached > job.status.round) {
    // Charged, so that a worker that always says so comes to an end.
    next.cause = crds::cause::kStatusSetBack;
    next.reason = "the status was set back, the workers are in round " + std::to_string(reached);
    return {.next = std::move(next)};
  }
  if (is_resized(job.status, count)) {
    next.reason = "resized to " + std::to_string(count) + " workers";
    return {.next = std::move(next)};
  }
  const bool replaced = next.digest != job.status.members_digest;
  if (!replaced && !is_broken(job, group, reports)) return {};
  const auto since = over_since(job, group, reports);
  if (somebody_trains(job, group, reports) && now < since + kGrace)
    return {.again_after = std::chrono::ceil<std::chrono::milliseconds>(since + kGrace - now)};
  if (const auto until = paused_until(job); !replaced && now < until)
    return {.again_after = std::chrono::ceil<std::chrono::milliseconds>(until - now)};
  next.cause = replaced ? crds::cause::kWorkerLost : crds::cause::kRankEnded;
  next.reason = replaced ? "a worker was replaced" : "a rank ended";
  return {.next = std::move(next)};
}

}  // namespace cresset::controllers::training_job
