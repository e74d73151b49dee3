#include "controllers/model_service/trouble.h"

#include <algorithm>
#include <cctype>

#include "crds/worker_contract/coordination.h"
#include "crds/worker_contract/names.h"

namespace cresset::controllers::model_service {

namespace {

constexpr char kLoadFailed[] = "LoadFailed";
constexpr char kCannotStart[] = "CannotStart";
constexpr size_t kMaxReason = 64;
constexpr size_t kMaxWords = 2048;

// One word, as the schema of conditions wants it: who may write a pod's status may have put
// anything there.
std::string as_reason(const std::string& text) {
  const bool word = !text.empty() && text.size() <= kMaxReason && text.front() >= 'A' &&
                    text.front() <= 'Z' &&
                    std::all_of(text.begin(), text.end(),
                                [](unsigned char c) { return c < 0x80 && std::isalnum(c) != 0; });
  return word ? text : kCannotStart;
}

Trouble of_exit(const Pod& pod) {
  if (pod.ready || pod.details->exit_code.value_or(0) == 0) return {};
  std::string why = worker_contract::decode_last_words(pod.details->termination_message).error;
  if (why.empty())
    why = pod.details->termination_reason.empty() ? "no message"
                                                  : pod.details->termination_reason.str();
  return {kLoadFailed,
          "a replica left with exit code " + std::to_string(*pod.details->exit_code) + ": " + why};
}

// Waiting to be started again is no trouble of its own.
Trouble of_waiting(const Pod& pod) {
  if (pod.details->waiting.empty() || pod.details->waiting.str().starts_with("CrashLoopBackOff"))
    return {};
  const std::string reason =
      as_reason(pod.details->waiting.str().substr(0, pod.details->waiting.str().find(':')));
  return {reason, "a replica cannot start: " + pod.details->waiting.str().substr(0, kMaxWords)};
}

}  // namespace

Trouble trouble_of(const Pod& pod) {
  if (Trouble trouble = of_exit(pod); !trouble.reason.empty()) return trouble;
  if (Trouble trouble = of_waiting(pod); !trouble.reason.empty()) return trouble;
  if (!pod.details->unschedulable.empty())
    return {"Unschedulable",
            "a replica finds no node: " + pod.details->unschedulable.str().substr(0, kMaxWords)};
  return {};
}

Trouble trouble_of_revision(const Observed& observed, const std::string& revision) {
  Trouble first;
  std::pair<bool, std::string> best;
  for (const auto& pod : observed.pods) {
    if (label_of(pod->meta, worker_contract::kRevisionLabel) != revision) continue;
    Trouble trouble = trouble_of(*pod);
    if (trouble.reason.empty()) continue;
    // What a worker said itself first; then the names decide.
    std::pair rank{trouble.reason != kLoadFailed, pod->meta.name};
    if (first.reason.empty() || rank < best) {
      first = std::move(trouble);
      best = std::move(rank);
    }
  }
  if (!first.reason.empty()) return first;
  const Deployment* deployment = observed.deployment(revision);
  if (deployment != nullptr && !deployment->failure.empty())
    return {"PodsRefused", "replicas cannot be made: " + deployment->failure.substr(0, kMaxWords)};
  return {};
}

}  // namespace cresset::controllers::model_service
