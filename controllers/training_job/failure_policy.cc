#include "controllers/training_job/failure_policy.h"

#include <algorithm>

#include "controllers/training_job/pods.h"
#include "crds/worker_contract/coordination.h"
#include "crds/worker_contract/names.h"

namespace cresset::controllers::training_job {

namespace {

bool fails_job(const crds::TrainingJob& job, const Pod& pod) {
  const int code = pod.details->exit_code.value_or(-1);
  if (pod.asked_to_end()) return code == worker_contract::kExitBadInput;
  for (const auto& rule : job.failure_rules)
    if (std::find(rule.exit_codes.begin(), rule.exit_codes.end(), code) != rule.exit_codes.end())
      return rule.action == "Fail";
  return code == worker_contract::kExitBadInput;
}

}  // namespace

std::string describe_end(const Pod& pod) {
  std::string text =
      "worker " + std::to_string(worker_index(pod.meta)) + " (pod " + pod.meta.name + ")";
  if (pod.details->exit_code)
    text += " ended with exit code " + std::to_string(*pod.details->exit_code);
  if (!pod.details->disruption.empty()) text += ", taken away by the cluster";
  const std::string& why = !pod.details->disruption.empty() ? pod.details->disruption
                           : pod.details->reason.empty()    ? pod.details->termination_reason
                                                            : pod.details->reason;
  if (!why.empty() && why != "Error") text += " (" + why + ")";
  const auto words = worker_contract::decode_last_words(pod.details->termination_message);
  if (!words.error.empty()) text += ": " + words.error;
  return text;
}

std::optional<JobFailure> decide_failure(const crds::TrainingJob& job, const Group& group) {
  for (const auto& [index, pods] : group.failed)
    for (const auto& pod : pods) {
      if (!fails_job(job, *pod)) continue;
      const bool bad_input = pod->details->exit_code == worker_contract::kExitBadInput;
      return JobFailure{bad_input ? "BadInput" : "ExitCode", describe_end(*pod)};
    }
  const int spent = std::max(group.failures(), job.status.restarts);
  if (spent <= job.max_restarts) return std::nullopt;
  std::string message =
      "failed more than spec.failurePolicy.maxRestarts = " + std::to_string(job.max_restarts) +
      " times";
  for (const auto& [index, pods] : group.failed) {
    const auto own = std::find_if(pods.rbegin(), pods.rend(),
                                  [](const PodPtr& pod) { return !pod->was_sent_away(); });
    if (own != pods.rend()) message += "; " + describe_end(**own);
  }
  return JobFailure{"RestartsExhausted", message.substr(0, 2048)};
}

std::chrono::milliseconds replacement_delay(const Group& group, int index, base::WallTime now) {
  using std::chrono::milliseconds;
  const auto failed = group.failed.find(index);
  if (failed == group.failed.end() || failed->second.back()->asked_to_end()) return milliseconds(0);
  const size_t times = count_own_failures(failed->second);
  if (times < 2) return milliseconds(0);
  base::MaybeTime last;
  for (const auto& pod : failed->second)
    if (const auto& finished = pod->details->finished; finished && (!last || *finished > *last))
      last = finished;
  if (!last) return milliseconds(0);
  const int64_t seconds = std::min<int64_t>(60, int64_t{1} << std::min<size_t>(times - 2, 6));
  const auto due = *last + std::chrono::seconds(seconds);
  return due > now ? std::chrono::ceil<milliseconds>(due - now) : milliseconds(0);
}

}  // namespace cresset::controllers::training_job
