#include "controllers/training_job/fall.h"

#include <algorithm>
#include <charconv>

#include "controllers/training_job/pods.h"
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

// The attempts of the members of the round that are not the first of their index.
std::map<int, int> members_of(const crds::TrainingJobStatus& status, const Group& group) {
  if (status.round == 0) return {};
  if (status.attempts) return parse_attempts(status.attempts->str());
  // An operator that kept none charged all that it had replaced.
  std::map<int, int> newest;
  for (const auto& [index, next] : group.next_attempt)
    if (next > 1) newest[index] = next - 1;
  return newest;
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

bool ended_before(const Pod& one, const Pod& other) {
  const auto& a = one.details->finished;
  const auto& b = other.details->finished;
  return a && b ? *a < *b : a.has_value() && !b;
}

}  // namespace

bool was_disrupted(const crds::TrainingJobStatus& status) {
  return status.round > 0 && status.disrupted_round == status.round;
}

std::string disruption_of_round(const crds::TrainingJobStatus& status, const Group& group) {
  if (status.members_digest.empty() || was_disrupted(status)) return "";
  std::string why;
  for (const int index :
       worker_contract::parse_members(status.members).value_or(std::vector<int>()))
    if (why.empty()) why = group.disruption(index);
  return why;
}

RoundEnd why_it_fell(const crds::TrainingJob& job, const crds::TrainingJobStatus& status,
                     const Group& group, bool rank_ended) {
  if (const auto fallen = falls(job, group, was_disrupted(status)); !fallen.empty())
    return {std::string(fallen.front().end.cause), describe_end(*fallen.front().pod)};
  if (was_disrupted(status)) return {"WorkerDisrupted", "the cluster took a worker away"};
  if (rank_ended) return {std::string(crds::cause::kRankEnded), "a rank ended"};
  return {std::string(crds::cause::kWorkerLost), "a worker's pod was deleted"};
}

std::vector<PodPtr> fresh_failures(const crds::TrainingJob& job, const Group& group) {
  const auto members = members_of(job.status, group);
  std::vector<PodPtr> fresh;
  for (const auto& [index, pods] : group.failed)
    for (const auto& pod : pods)
      if (worker_attempt(pod->meta) >= attempt_in(members, index)) fresh.push_back(pod);
  return fresh;
}

std::vector<Fall> falls(const crds::TrainingJob& job, const Group& group, bool disrupted) {
  const auto members = members_of(job.status, group);
  std::map<int, PodPtr> first;  // by how many attempts after the members they came
  for (const auto& pod : fresh_failures(job, group)) {
    if (!end_of(*pod)) continue;
    const int turn = worker_attempt(pod->meta) - attempt_in(members, worker_index(pod->meta));
    const auto [seen, is_new] = first.try_emplace(turn, pod);
    if (!is_new && ended_before(*pod, *seen->second)) seen->second = pod;
  }
  std::vector<Fall> all;
  for (const auto& [turn, pod] : first)
    if (turn > 0 || !disrupted) all.push_back({*end_of(*pod), pod});
  return all;
}

std::string attempts_of(const Group& group) {
  std::map<int, int> attempts;
  for (const auto& [index, next] : group.next_attempt) {
    const auto member = group.live.find(index);
    const int attempt = member == group.live.end() ? next : worker_attempt(member->second->meta);
    if (attempt > 0) attempts[index] = attempt;
  }
  return format_attempts(attempts);
}

void keep_attempts(crds::TrainingJobStatus& status, const Group& group) {
  if (status.round > 0 && !status.attempts)
    status.attempts = format_attempts(members_of(status, group));
}

}  // namespace cresset::controllers::training_job
