#pragma once
// Pod: the few fields of a pod that the controllers read, typed, so that a cache of ten thousand
// stays small. What others wrote into its status is cut where nobody would read on: the kubelet has
// a limit for it, the API server has none. Of containers the one counts that we rendered, by its
// name: a pod has succeeded if that one did, whatever became of one beside it. As long as one
// beside it runs the pod does. Decoding is lenient and pure.

#include <cstdint>
#include <optional>
#include <string>

#include "operator/base/json.h"
#include "operator/kube/core/object.h"

namespace cresset::controllers {

inline constexpr size_t kMostLastWords = 4096;  // as much as the kubelet takes
inline constexpr size_t kMostPodText = 2048;    // of every other text

enum class PodPhase : uint8_t { kPending, kRunning, kSucceeded, kFailed, kUnknown };

// What there is to say of few pods.
struct PodDetails {
  base::Interned reason;  // status.reason: "Evicted", "NodeLost"
  // Why the cluster takes it away: "EvictionByEvictionAPI", "PreemptionByScheduler"; "" = it does
  // not.
  base::Interned disruption;
  base::Interned unschedulable;        // the scheduler's words, "" once it has a place
  base::Interned waiting;              // "ErrImagePull: …" of our container, else of another
  base::Interned termination_reason;   // "OOMKilled", "Error"
  base::Interned termination_message;  // its last words
  std::optional<int> exit_code;        // of our container, the last time that it ended
  base::MaybeTime finished;

  bool operator==(const PodDetails&) const = default;
};
size_t hash_of(const PodDetails& details);

struct Pod {
  kube::ObjectMeta meta;
  PodPhase phase = PodPhase::kUnknown;
  bool ready = false;
  std::string ip;
  base::Interned node;
  base::Shared<PodDetails> details;

  bool operator==(const Pod&) const = default;

  bool going() const { return meta.deleted.has_value(); }
  // It was deleted, or the cluster takes it away: whatever its exit code, it did not fail by
  // itself.
  bool asked_to_end() const { return going() || !details->disruption.empty(); }
  // Somebody deleted it, a suspension for one, and not the cluster: its end is no news.
  bool was_sent_away() const { return going() && details->disruption.empty(); }
  bool terminal() const { return phase == PodPhase::kSucceeded || phase == PodPhase::kFailed; }
};

base::Result<Pod> decode_pod(const kube::JsonView& object);

}  // namespace cresset::controllers
