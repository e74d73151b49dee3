#pragma once
// What a worker's end means: does the job fail, and may the worker be replaced now? Exit codes are
// judged by spec.failurePolicy.rules in order, then by the contract: kExitBadInput fails the job at
// once (no retry can help), all others are replaced until the budget of maxRestarts is spent. A
// replacement of a worker that failed more than once waits 1, 2, 4 … 60 s. A pod that the cluster
// took away (its condition DisruptionTarget) is replaced at once, whatever its exit code, and not
// charged. Pure.

#include <chrono>
#include <optional>
#include <string>

#include "controllers/training_job/group.h"

namespace cresset::controllers::training_job {

struct JobFailure {
  std::string reason;   // BadInput, ExitCode, RestartsExhausted
  std::string message;  // the worker's last words with who said them
};

// The first failed pod that fails the job, or the spent budget.
std::optional<JobFailure> decide_failure(const crds::TrainingJob& job, const Group& group);
// How long the replacement of that index still waits; zero = now.
std::chrono::milliseconds replacement_delay(const Group& group, int index, base::WallTime now);
// "worker 1 (pod digits-1) ended with exit code 137 (OOMKilled): …"
std::string describe_end(const Pod& pod);

}  // namespace cresset::controllers::training_job
