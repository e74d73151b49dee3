#include "controllers/training_job/fall.h"

#include <algorithm>
#include <charconv>
#include <csignal>

#include "controllers/training_job/pods.h"
#include "controllers/training_job/round.h"
#include "controllers/training_job/status.h"
#include "controllers/training_job/worker_end.h"
#include "crds/worker_contract/group.h"

namespace cresset::controllers::training_job {

namespace {

// The inverse of attempts_of; what is no such text says nothing of anybody.
std::map<int, int> parse_attempts(std::string_view text) {
  std::map<int, int> attempts;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    int index = -1, attempt = 0;
    const auto first = std::from_chars(at, end, index);
    if (first.ec != std::errc() || first.ptr == end || *first.ptr != ':') return {};
    const auto second = std::from_chars(first.ptr + 1, end, attempt);
    if (second.ec != std::errc()) return {};
    attempts[index] = attempt;
    at = second.ptr == end ? end : second.ptr + 1;
  }
  return attempts;
}

// When the group of the status fell, if it did and the next round has not begun.
base::MaybeTime fell_at(const crds::TrainingJobStatus& status) {
  const auto* restarting = kube::find_condition(status.conditions, kRestarting);
  const bool fell = restarting != nullptr && restarting->status == kube::ConditionStatus::kTrue;
  return fell ? restarting->last_transition : base::MaybeTime();
}

// Made since the group fell, so no member of its round, though it may be called as one was that
// left no pod.
bool is_replacement(const Pod& pod, const crds::TrainingJobStatus& status) {
  const auto fell = fell_at(status);
  return fell && pod.meta.created && *pod.meta.created >= *fell;
}

void raise(std::map<int, int>& attempts, int index, int attempt) {
  if (attempt > 0) attempts[index] = std::max(attempts[index], attempt);
}

// Of a round that has as members those that live.
std::map<int, int> settled(std::map<int, int> attempts, const Group& group) {
  for (const auto& [index, pods] : group.failed)
    if (!group.live.contains(index)) raise(attempts, index, worker_attempt(pods.back()->meta) + 1);
  for (const auto& [index, pod] : group.live) raise(attempts, index, worker_attempt(pod->meta));
  return attempts;
}

// An operator that kept none charged all falls up to its round. While that is on, its members are
// the newest pods that were there when it fell.
std::map<int, int> settled_by_another(const crds::TrainingJob& job, const Group& group) {
  auto attempts = settled({}, group);
  if (job.status.members_digest.empty()) return attempts;
  std::erase_if(attempts, [&](const auto& entry) { return entry.first < job.workers.count; });
  const auto add = [&](int index, const PodPtr& pod) {
    if (index < job.workers.count && !is_replacement(*pod, job.status))
      raise(attempts, index, worker_attempt(pod->meta));
  };
  for (const auto* pods : {&group.live, &group.going, &group.succeeded})
    for (const auto& [index, pod] : *pods) add(index, pod);
  for (const auto& [index, pods] : group.failed)
    for (const auto& pod : pods) add(index, pod);
  return attempts;
}

int attempt_in(const std::map<int, int>& members, int index) {
  const auto found = members.find(index);
  return found == members.end() ? 0 : found->second;
}

std::string format_attempts(const std::map<int, int>& attempts) {
  std::string text;
  for (const auto& [index, attempt] : attempts)
    text += (text.empty() ? "" : ",") + std::to_string(index) + ":" + std::to_string(attempt);
  return text;
}

// How much an end says of why a group fell: peers of one that is gone abort, or are told to end.
int weight(const Pod& pod) {
  const auto end = end_of(pod);
  if (end->cause == crds::cause::kOomKilled) return 2;
  const bool by_itself = end->exit_code != 128 + SIGABRT && end->exit_code != 128 + SIGTERM;
  return end->cause == crds::cause::kSignal && by_itself ? 1 : 0;
}

// Ends are known to the second; of one second the one that says more.
bool ended_before(const Pod& one, const Pod& other) {
  const auto& a = one.details->finished;
  const auto& b = other.details->finished;
  if (a == b) return weight(one) > weight(other);
  return a && b ? *a < *b : a.has_value();
}

// Why the cluster takes the pod of a worker away that has no other yet; "" = it does not.
std::string disruption(const Group& group, int index, int first_fresh) {
  if (group.live.contains(index) || group.succeeded.contains(index)) return "";
  if (const auto found = group.going.find(index); found != group.going.end())
    return found->second->details->disruption;
  const auto found = group.failed.find(index);
  if (found == group.failed.end()) return "";
  const Pod& newest = *found->second.back();
  return worker_attempt(newest.meta) < first_fresh ? "" : newest.details->disruption.str();
}

// Of a member that ended: whether it did so by itself, well before the cluster took another away.
bool fell_before_disruption(const Pod& pod, const crds::TrainingJobStatus& status,
                            base::WallTime now) {
  const auto fell = fell_at(status);
  return fell && pod.details->disruption.empty() && pod.details->finished &&
         *pod.details->finished <= *fell && *fell + kGrace < now;
}

}  // namespace

bool was_disrupted(const crds::TrainingJobStatus& status) {
  return status.round > 0 && status.disrupted_round == status.round;
}

std::string disruption_of_round(const crds::TrainingJob& job, const crds::TrainingJobStatus& status,
                                const Group& group) {
  if (status.members_digest.empty() || was_disrupted(status)) return "";
  const auto fresh = first_fresh(job, group);
  std::string why;
  for (const int index :
       worker_contract::parse_members(status.members).value_or(std::vector<int>()))
    if (why.empty() && index < job.workers.count)
      why = disruption(group, index, attempt_in(fresh, index));
  return why;
}

RoundEnd why_it_fell(const crds::TrainingJob& job, const crds::TrainingJobStatus& status,
                     const Group& group, bool rank_ended, base::WallTime now) {
  if (const auto fallen = falls(job, status, group, now); !fallen.empty())
    return {std::string(fallen.front().end.cause), describe_end(*fallen.front().pod)};
  if (was_disrupted(status)) return {"WorkerDisrupted", "the cluster took a worker away"};
  if (rank_ended) return {std::string(crds::cause::kRankEnded), "a rank ended"};
  return {std::string(crds::cause::kWorkerLost), "a worker's pod was deleted"};
}

std::vector<PodPtr> fresh_failures(const crds::TrainingJob& job, const Group& group) {
  const auto from = first_fresh(job, group);
  std::vector<PodPtr> fresh;
  for (const auto& [index, pods] : group.failed)
    for (const auto& pod : pods)
      if (index < job.workers.count && worker_attempt(pod->meta) >= attempt_in(from, index))
        fresh.push_back(pod);
  return fresh;
}

std::vector<Fall> falls(const crds::TrainingJob& job, const crds::TrainingJobStatus& status,
                        const Group& group, base::WallTime now) {
  const auto from = first_fresh(job, group);
  const bool told = was_disrupted(status);
  const bool seen = !disruption_of_round(job, status, group).empty();
  std::map<int, int> before;    // by index the replacements that are called as the member was
  std::map<int, PodPtr> first;  // by turn
  for (const auto& pod : fresh_failures(job, group)) {
    const int index = worker_index(pod->meta);
    const int since = worker_attempt(pod->meta) - attempt_in(from, index);
    if (since == 0 && is_replacement(*pod, job.status)) before[index] = 1;
    const int turn = since + before[index];
    const bool follows =
        turn == 0 && (told || (seen && !fell_before_disruption(*pod, job.status, now)));
    if (follows || !end_of(*pod)) continue;
    const auto [known, is_new] = first.try_emplace(turn, pod);
    if (!is_new && ended_before(*pod, *known->second)) known->second = pod;
  }
  std::vector<Fall> all;
  for (const auto& [turn, pod] : first) all.push_back({*end_of(*pod), pod, turn});
  return all;
}

std::map<int, int> first_fresh(const crds::TrainingJob& job, const Group& group) {
  if (job.status.round == 0) return {};
  if (job.status.attempts) return parse_attempts(job.status.attempts->str());
  return settled_by_another(job, group);
}

std::string attempts_of(const crds::TrainingJob& job, const Group& group) {
  return format_attempts(settled(first_fresh(job, group), group));
}

void keep_attempts(crds::TrainingJobStatus& status, const crds::TrainingJob& job,
                   const Group& group) {
  if (status.round > 0 && !status.attempts)
    status.attempts = format_attempts(first_fresh(job, group));
}

}  // namespace cresset::controllers::training_job
