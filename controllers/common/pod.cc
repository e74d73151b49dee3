#include "controllers/common/pod.h"

#include "controllers/common/names.h"
#include "crds/worker_contract/names.h"
#include "operator/base/clean_text.h"

namespace cresset::controllers {

using kube::JsonView;

namespace {

PodPhase phase_of(std::string_view text) {
  if (text == "Pending") return PodPhase::kPending;
  if (text == "Running") return PodPhase::kRunning;
  if (text == "Succeeded") return PodPhase::kSucceeded;
  if (text == "Failed") return PodPhase::kFailed;
  return PodPhase::kUnknown;
}

std::string words_at(const JsonView& value, const char* pointer) {
  return base::clean_begin(value.text_at(pointer), kMostPodText);
}

void read_condition(const JsonView& condition, bool& ready, PodDetails& details) {
  const auto type = condition.text_at("/type");
  const bool is_true = condition.text_at("/status") == "True";
  if (type == "Ready") ready = is_true;
  if (type == "DisruptionTarget" && is_true) details.disruption = words_at(condition, "/reason");
  if (type == "PodScheduled" && !is_true) details.unschedulable = words_at(condition, "/message");
}

void read_termination(const JsonView& ended, PodDetails& details) {
  if (!ended) return;
  details.exit_code = static_cast<int>(ended.number_at("/exitCode"));
  details.termination_reason = words_at(ended, "/reason");
  // JSON, cleaned when it is decoded
  details.termination_message = ended.text_at("/message").substr(0, kMostLastWords);
  if (auto time = base::parse_time(std::string(ended.text_at("/finishedAt"))))
    details.finished = *time;
}

void read_container(const JsonView& status, PodDetails& details) {
  read_termination(status.find("/lastState/terminated"), details);
  const JsonView state = status.find("/state");
  read_termination(state.find("/terminated"), details);
}

std::string why_it_waits(const JsonView& status) {
  const JsonView waiting = status.find("/state/waiting");
  const std::string reason = words_at(waiting, "/reason");
  if (reason.empty() || reason == "ContainerCreating" || reason == "PodInitializing") return "";
  return reason + ": " + words_at(waiting, "/message");
}

// The one that we rendered: the kubelet sorts them by name, so that none has a place of its own.
JsonView our_container(const JsonView& statuses) {
  JsonView ours;
  for (const char* name : {worker_contract::kServeContainer, worker_contract::kTrainContainer})
    statuses.each_item([&](const JsonView& status) {
      if (status.text_at("/name") == name) ours = status;
    });
  return ours;
}

void read_containers(const JsonView& statuses, const JsonView& ours, PodDetails& details) {
  if (ours) read_container(ours, details);
  std::string waiting = ours ? why_it_waits(ours) : "";
  statuses.each_item([&](const JsonView& status) {
    if (!waiting.empty()) return;
    if (std::string why = why_it_waits(status); !why.empty())
      waiting = "container " + words_at(status, "/name") + ": " + why;
  });
  if (!waiting.empty()) details.waiting = waiting;
}

// That a container beside it failed, or the cluster ended the pod, is another matter.
bool ended_well(const JsonView& ours) {
  const JsonView ended = ours ? ours.find("/state/terminated") : JsonView();
  return ended && ended.number_at("/exitCode") == 0;
}

}  // namespace

size_t hash_of(const PodDetails& details) {
  size_t hash = static_cast<size_t>(details.exit_code.value_or(-1));
  for (const auto* text :
       {&details.reason, &details.disruption, &details.unschedulable, &details.waiting,
        &details.termination_reason, &details.termination_message})
    hash = base::hash_with(hash, hash_of(*text));
  return base::hash_with(hash, (*details.finished).time_since_epoch().count());
}

base::Result<Pod> decode_pod(const JsonView& object) {
  Pod pod;
  pod.meta = kube::decode_meta(object, is_read);
  pod.node = object.text_at("/spec/nodeName");
  const JsonView status = object.find("/status");
  pod.phase = phase_of(status.text_at("/phase"));
  pod.ip = status.text_at("/podIP");
  PodDetails details;
  details.reason = words_at(status, "/reason");
  status.find("/conditions").each_item([&](const JsonView& one) {
    read_condition(one, pod.ready, details);
  });
  const JsonView statuses = status.find("/containerStatuses"), ours = our_container(statuses);
  read_containers(statuses, ours, details);
  if (pod.phase == PodPhase::kFailed && details.reason.empty() && ended_well(ours))
    pod.phase = PodPhase::kSucceeded;
  pod.details = std::move(details);
  return pod;
}

}  // namespace cresset::controllers
