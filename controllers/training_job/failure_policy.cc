#include "controllers/training_job/failure_policy.h"

#include <algorithm>

#include "controllers/training_job/pods.h"
#include "controllers/training_job/worker_end.h"

namespace cresset::controllers::training_job {

using crds::FailureAction;
using crds::FailurePolicy;
using crds::TrainingJob;
using crds::TrainingJobStatus;
using crds::Verdict;

namespace {

std::string end_words(const Fall& fall) {
  if (fall.pod != nullptr) return describe_end(*fall.pod);
  if (fall.end.cause == crds::cause::kRankEnded) return "a rank ended";
  if (fall.end.cause == crds::cause::kWorkerLost) return "a worker's pod was deleted";
  return std::string(fall.end.cause);
}

JobFailure failed_by(const FailurePolicy& policy, const Verdict& verdict, const Fall& fall) {
  std::string message = end_words(fall);
  if (verdict.rule != nullptr)
    message += "; " + describe_rule(policy, *verdict.rule) + " fails the job";
  return {std::string(fall.end.cause), message.substr(0, 2048)};
}

JobFailure exhausted(const FailurePolicy& policy, const Verdict& verdict,
                     const std::string& words) {
  std::string message = "failed more than " + budget_field(policy, verdict) + " = " +
                        std::to_string(restarts_allowed(policy, verdict)) + " times";
  if (policy.refill_steps)
    message += " without refillSteps = " + std::to_string(*policy.refill_steps) +
               " new steps in a checkpoint";
  return {"RestartsExhausted", (message + words).substr(0, 2048)};
}

// Of budgets that somebody made smaller than what is spent of them.
std::optional<JobFailure> overspent(const TrainingJobStatus& status, const FailurePolicy& policy) {
  if (status.restarts > policy.max_restarts) return exhausted(policy, {}, "");
  for (const auto& rule : policy.rules)
    if (const Verdict verdict{rule.action, &rule};
        rule.max_restarts && status.spent(verdict) > *rule.max_restarts)
      return exhausted(policy, verdict, "");
  return std::nullopt;
}

// The newest failure of each worker that has one since the round began.
std::string words_of_all(const TrainingJob& job, const Group& group) {
  std::map<int, PodPtr> newest;
  for (const auto& pod : fresh_failures(job, group))
    if (end_of(*pod)) newest[worker_index(pod->meta)] = pod;
  std::string words;
  for (const auto& [index, pod] : newest) words += "; " + describe_end(*pod);
  return words;
}

Payment pay_for(TrainingJobStatus& status, const TrainingJob& job, const std::vector<Fall>& falls) {
  Payment paid;
  for (const auto& fall : falls) {
    paid.failure = charge(status, job, fall);
    if (paid.failure) return paid;
    paid.words += "; " + describe_charge(status, job, fall);
  }
  return paid;
}

// Ends that are judged though they may be no fall.
std::vector<Fall> ends_by_themselves(const TrainingJob& job, const Group& group) {
  auto pods = fresh_failures(job, group);
  for (const auto& [index, pod] : group.going)
    if (index < job.workers.count) pods.push_back(pod);
  std::vector<Fall> ends;
  for (const auto& pod : pods)
    if (const auto end = end_of(*pod);
        end && (end->cause == crds::cause::kBadInput || !pod->details->disruption.empty()))
      ends.push_back({*end, pod});
  return ends;
}

}  // namespace

std::optional<JobFailure> decide_failure(const TrainingJob& job, const TrainingJobStatus& status,
                                         const Group& group, base::WallTime now) {
  const FailurePolicy& policy = job.failure_policy;
  const auto fallen = falls(job, status, group, now);
  auto judged = ends_by_themselves(job, group);
  judged.insert(judged.end(), fallen.begin(), fallen.end());
  for (const auto& fall : judged)
    if (const Verdict verdict = judge(policy, fall.end); verdict.action == FailureAction::kFail)
      return failed_by(policy, verdict, fall);
  auto failure = overspent(status, policy);
  TrainingJobStatus after = status;
  for (auto fall = fallen.begin(); !failure && fall != fallen.end(); ++fall)
    if (charge(after, job, *fall))
      failure = exhausted(policy, judge(policy, fall->end), words_of_all(job, group));
  return failure;
}

std::optional<JobFailure> charge(TrainingJobStatus& status, const TrainingJob& job,
                                 const Fall& fall) {
  const FailurePolicy& policy = job.failure_policy;
  const Verdict verdict = judge(policy, fall.end);
  if (verdict.action == FailureAction::kFail) return failed_by(policy, verdict, fall);
  if (!status.spend(policy, verdict, status.checkpoint_step))
    return exhausted(policy, verdict, "; " + end_words(fall));
  ++status.restarts_by_cause[std::string(fall.end.cause)];
  return std::nullopt;
}

std::string describe_charge(const TrainingJobStatus& status, const TrainingJob& job,
                            const Fall& fall) {
  const FailurePolicy& policy = job.failure_policy;
  const Verdict verdict = judge(policy, fall.end);
  const std::string who =
      verdict.rule == nullptr ? "" : " by " + describe_rule(policy, *verdict.rule);
  if (!verdict.charged()) return std::string(fall.end.cause) + ", not charged" + who;
  return std::string(fall.end.cause) + ", charged to " + budget_field(policy, verdict) +
         ": restart " + std::to_string(status.spent(verdict)) + " of " +
         std::to_string(restarts_allowed(policy, verdict));
}

std::optional<Payment> pay_disruption(TrainingJobStatus& status, const TrainingJob& job,
                                      const Group& group, base::WallTime now) {
  const std::string why = disruption_of_round(job, status, group);
  if (why.empty()) return std::nullopt;
  std::vector<Fall> fallen;
  for (const auto& fall : falls(job, status, group, now))
    if (fall.turn == 0) fallen.push_back(fall);
  fallen.push_back({{cause_of_disruption(why), std::nullopt}, nullptr});
  Payment paid = pay_for(status, job, fallen);
  if (paid.failure) return paid;
  status.disrupted_round = status.round;
  ++status.disruptions;
  paid.words = "the cluster takes a worker away (" + why + "); it is replaced" + paid.words;
  return paid;
}

Payment pay(TrainingJobStatus& status, const TrainingJob& job, const Group& group,
            std::string_view cause, base::WallTime now) {
  auto fallen = falls(job, status, group, now);
  if (fallen.empty() && !cause.empty() && !was_disrupted(status))
    fallen.push_back({{cause, std::nullopt}, nullptr});
  return pay_for(status, job, fallen);
}

void forget_old_rules(TrainingJobStatus& status, const FailurePolicy& policy) {
  std::erase_if(status.restarts_by_rule, [&](const auto& spent) {
    return std::ranges::none_of(policy.rules, [&](const crds::FailureRule& rule) {
      return rule.max_restarts && rule.name == spent.first;
    });
  });
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
