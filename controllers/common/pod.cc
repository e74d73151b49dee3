#include "controllers/common/pod.h"

#include "controllers/common/names.h"
#include "operator/base/clean_text.h"

namespace cresset::controllers {

using base::Json;

namespace {

PodPhase phase_of(const std::string& text) {
  if (text == "Pending") return PodPhase::kPending;
  if (text == "Running") return PodPhase::kRunning;
  if (text == "Succeeded") return PodPhase::kSucceeded;
  if (text == "Failed") return PodPhase::kFailed;
  return PodPhase::kUnknown;
}

std::string words_at(const Json& value, const char* pointer) {
  return base::clean_begin(base::text_at(value, pointer), kMostPodText);
}

void read_conditions(const Json& object, Pod& pod) {
  const Json* conditions = base::find(object, "/status/conditions");
  if (conditions == nullptr || !conditions->is_array()) return;
  for (const auto& condition : *conditions) {
    const std::string type = base::text_at(condition, "/type");
    const bool is_true = base::text_at(condition, "/status") == "True";
    if (type == "Ready") pod.ready = is_true;
    if (type == "DisruptionTarget" && is_true) pod.disruption = words_at(condition, "/reason");
    if (type == "PodScheduled" && !is_true) pod.unschedulable = words_at(condition, "/message");
  }
}

void read_termination(const Json& state, Pod& pod) {
  const Json* ended = base::find(state, "/terminated");
  if (ended == nullptr) return;
  pod.exit_code = static_cast<int>(base::number_at(*ended, "/exitCode"));
  pod.termination_reason = words_at(*ended, "/reason");
  // JSON, cleaned when it is decoded
  pod.termination_message = base::text_at(*ended, "/message").substr(0, kMostLastWords);
  if (auto time = base::parse_time(base::text_at(*ended, "/finishedAt"))) pod.finished = *time;
}

}  // namespace

base::Result<Pod> decode_pod(const Json& object) {
  Pod pod;
  pod.meta = kube::decode_meta(object);
  drop_unread(pod.meta);
  pod.phase = phase_of(base::text_at(object, "/status/phase"));
  pod.reason = words_at(object, "/status/reason");
  pod.ip = base::text_at(object, "/status/podIP");
  pod.node = base::text_at(object, "/spec/nodeName");
  read_conditions(object, pod);
  if (const Json* status = base::find(object, "/status/containerStatuses/0")) {
    pod.container_restarts = static_cast<int>(base::number_at(*status, "/restartCount"));
    if (const Json* last = base::find(*status, "/lastState")) read_termination(*last, pod);
    if (const Json* state = base::find(*status, "/state")) {
      read_termination(*state, pod);
      const std::string reason = words_at(*state, "/waiting/reason");
      if (!reason.empty() && reason != "ContainerCreating" && reason != "PodInitializing")
        pod.waiting = reason + ": " + words_at(*state, "/waiting/message");
    }
  }
  return pod;
}

std::vector<std::string> unread_of_pods() {
  return {"/spec/containers",  "/spec/initContainers",  "/spec/volumes",
          "/spec/tolerations", "/spec/securityContext", "/spec/affinity"};
}

}  // namespace cresset::controllers
