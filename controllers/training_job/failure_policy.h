#pragma once
// spec.failurePolicy at work: does what ended fail the job, which budget pays for it, and may a
// worker be replaced now? What a rule decides stands in crds/failure_policy.h; this counts in the
// status (fall.h says what a fall is). Of ends that are none, which followed another, only bad
// input and what the cluster takes away are judged. A replacement of a worker that failed more than
// once by itself waits 1, 2, 4 … 60 s; of a pod that was deleted, or that the cluster took away, it
// waits for nothing. Pure.
//
//   const Payment paid = pay(status, job, group, round.cause);
//   if (paid.failure) return fail(*paid.failure);

#include <chrono>
#include <optional>
#include <string>

#include "controllers/training_job/fall.h"

namespace cresset::controllers::training_job {

struct JobFailure {
  std::string reason;   // a cause of crds/failure_policy.h, or RestartsExhausted
  std::string message;  // the worker's last words with who said them, and what decided
};

// The first end that fails the job by itself, or a budget of which more is spent, in `status` and
// by the falls since, than there is.
std::optional<JobFailure> decide_failure(const crds::TrainingJob& job,
                                         const crds::TrainingJobStatus& status, const Group& group,
                                         base::WallTime now);
// Counts that fall in `status`. The job's failure, when it is not to be survived: then nothing is
// charged to a budget.
std::optional<JobFailure> charge(crds::TrainingJobStatus& status, const crds::TrainingJob& job,
                                 const Fall& fall);
// What was paid for what.
struct Payment {
  std::optional<JobFailure> failure;  // more than is allowed
  std::string words;                  // "; " and describe_charge of each
};
// That the cluster takes a member of the round away, counted before anything is done about it:
// afterwards there is no trace of a pod that was evicted. With it the falls before, since it speaks
// for all that follow. Nothing when it does not, or `status` says so.
std::optional<Payment> pay_disruption(crds::TrainingJobStatus& status, const crds::TrainingJob& job,
                                      const Group& group, base::WallTime now);
// What it cost to come to the next round, since the one of `status` began, counted there: all
// falls, or else `cause`, if there is one and the cluster is not.
Payment pay(crds::TrainingJobStatus& status, const crds::TrainingJob& job, const Group& group,
            std::string_view cause, base::WallTime now);
// "OOMKilled, charged to spec.failurePolicy.rules[0] (memory): 1 of 2", of one that was counted.
std::string describe_charge(const crds::TrainingJobStatus& status, const crds::TrainingJob& job,
                            const Fall& fall);
// Forgets what was charged to rules that the policy does not have any more.
void forget_old_rules(crds::TrainingJobStatus& status, const crds::FailurePolicy& policy);
// How long the replacement of that index still waits; zero = now.
std::chrono::milliseconds replacement_delay(const Group& group, int index, base::WallTime now);

}  // namespace cresset::controllers::training_job
