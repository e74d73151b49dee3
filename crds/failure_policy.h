#pragma once
// spec.failurePolicy of a TrainingJob: what follows from the end of a worker. Each end has one
// cause; the first rule all of whose conditions fit decides, and without one the cause does: bad
// input ends the job, what the cluster takes away costs nothing, everything else is charged to
// maxRestarts. A rule with maxRestarts has a budget of its own. Here are struct, codec, that
// decision, and the budgets that pay for it, of a job in a cluster (in its status) and of `cresset
// run` alike. Pure values; any thread.
//
//   const Verdict verdict = judge(policy, {cause::kOomKilled, 137});
//   if (verdict.action == FailureAction::kFail || !budgets.spend(policy, verdict, step)) …

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::crds {

namespace cause {
// Of a worker's own container, or of its processes.
inline constexpr std::string_view kBadInput = "BadInput";    // it says that no retry helps
inline constexpr std::string_view kExitCode = "ExitCode";    // any other code but those of signals
inline constexpr std::string_view kSignal = "Signal";        // 128 + n
inline constexpr std::string_view kOomKilled = "OOMKilled";  // its limit of memory
inline constexpr std::string_view kRankEnded = "RankEnded";  // a process of a pod that goes on
inline constexpr std::string_view kPodFailed = "PodFailed";  // without an end of its container
inline constexpr std::string_view kWorkerLost = "WorkerLost";  // somebody deleted its pod
// Of the cluster (the pod's condition DisruptionTarget).
inline constexpr std::string_view kEvicted = "Evicted";      // by its kubelet, or whoever else
inline constexpr std::string_view kPreempted = "Preempted";  // by the scheduler
inline constexpr std::string_view kDrained = "Drained";      // by the eviction API
inline constexpr std::string_view kNodeLost = "NodeLost";    // its node is gone or not fit for it
// Of nobody's end: only counted, no rule may name it.
inline constexpr std::string_view kStatusSetBack = "StatusSetBack";
}  // namespace cause

// What `reasons` may name.
inline constexpr std::array<std::string_view, 11> kCauses{
    cause::kBadInput,  cause::kExitCode,  cause::kSignal,     cause::kOomKilled,
    cause::kRankEnded, cause::kPodFailed, cause::kWorkerLost, cause::kEvicted,
    cause::kPreempted, cause::kDrained,   cause::kNodeLost};

enum class FailureAction : uint8_t { kFail, kRestart, kRestartUncharged };

// At least one condition is there; all that are must fit.
struct FailureRule {
  std::string name;  // "" = none, then it is called by its place
  // An empty list, which earlier releases took, fits nothing.
  std::optional<std::vector<int64_t>> exit_codes;
  std::vector<std::string> signals;  // "SIGKILL"
  std::vector<std::string> reasons;  // of kCauses
  FailureAction action = FailureAction::kFail;
  std::optional<int> max_restarts;  // of its own, beside the policy's; with a name and kRestart
  bool operator==(const FailureRule&) const = default;
};

struct FailurePolicy {
  int max_restarts = 3;
  std::optional<int64_t> refill_steps;  // so many new steps in a checkpoint make all budgets whole
  std::vector<FailureRule> rules;
  bool operator==(const FailurePolicy&) const = default;
};

struct WorkerEnd {
  std::string_view cause;
  std::optional<int> exit_code;  // of a container that was not asked to end
};

struct Verdict {
  FailureAction action = FailureAction::kRestart;
  const FailureRule* rule = nullptr;  // the policy's; nullptr = no rule fits

  bool charged() const { return action == FailureAction::kRestart; }
  // The name of the rule whose own budget pays; "" = the policy's does.
  std::string budget() const { return rule != nullptr && rule->max_restarts ? rule->name : ""; }
};

// How many restarts are spent, of the policy's own and of rules', and at which step.
struct Budgets {
  int restarts = 0;
  std::map<std::string, int> restarts_by_rule;
  // The newest checkpoint when one was last charged or all were made whole; it never falls, so that
  // steps which are trained again refill nothing.
  std::optional<int64_t> budget_step;
  bool operator==(const Budgets&) const = default;

  int spent(const Verdict& verdict) const;
  // Charges a restart when the newest checkpoint is that; false, and nothing done, when none is
  // left. What is charged to nobody always goes.
  bool spend(const FailurePolicy& policy, const Verdict& verdict,
             std::optional<int64_t> checkpoint_step);
  // Makes all whole when that checkpoint is refillSteps past budget_step; whether it did.
  bool refill(const FailurePolicy& policy, std::optional<int64_t> checkpoint_step);
};

// Verdicts point into `policy`.
Verdict judge(const FailurePolicy& policy, const WorkerEnd& end);
// Of the budget that pays for that verdict: how many restarts it has, and the field that says so.
int restarts_allowed(const FailurePolicy& policy, const Verdict& verdict);
std::string budget_field(const FailurePolicy& policy, const Verdict& verdict);
// "spec.failurePolicy.rules[0] (memory)", for people.
std::string describe_rule(const FailurePolicy& policy, const FailureRule& rule);
// kSignal or kExitCode.
std::string_view cause_of_code(int exit_code);

base::Result<FailurePolicy> decode_failure_policy(const base::Json& json, const std::string& path);
base::Json encode(const FailurePolicy& policy);

}  // namespace cresset::crds
