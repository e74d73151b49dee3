#include "controllers/training_job/worker_end.h"

#include "controllers/training_job/pods.h"
#include "crds/worker_contract/coordination.h"
#include "crds/worker_contract/names.h"

namespace cresset::controllers::training_job {

namespace cause = crds::cause;

std::string_view cause_of_disruption(const std::string& reason) {
  if (reason == "PreemptionByScheduler") return cause::kPreempted;
  if (reason == "EvictionByEvictionAPI") return cause::kDrained;
  if (reason == "DeletionByTaintManager" || reason == "DeletionByPodGC") return cause::kNodeLost;
  return cause::kEvicted;
}

namespace {

// Its kubelet wrote a code for a container that it did not find again, or ended the pod itself.
bool nobody_gave(const PodDetails& details) {
  return details.termination_reason == "ContainerStatusUnknown" || details.reason == "Evicted";
}

}  // namespace

std::optional<crds::WorkerEnd> end_of(const Pod& pod) {
  const PodDetails& details = *pod.details;
  const auto code = details.exit_code;
  if (code == worker_contract::kExitBadInput) return crds::WorkerEnd{cause::kBadInput, code};
  if (!details.disruption.empty())
    return crds::WorkerEnd{cause_of_disruption(details.disruption), std::nullopt};
  if (pod.going()) return std::nullopt;
  if (!code || *code == 0 || nobody_gave(details))
    return crds::WorkerEnd{cause::kPodFailed, std::nullopt};
  if (details.termination_reason == "OOMKilled") return crds::WorkerEnd{cause::kOomKilled, code};
  return crds::WorkerEnd{crds::cause_of_code(*code), code};
}

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

}  // namespace cresset::controllers::training_job
