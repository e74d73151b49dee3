#pragma once
// The wire between a training worker's supervisor and the operator's leader (DESIGN section 3).
//
//   GET  /v1/namespaces/NS/trainingjobs/NAME/membership?after=ROUND
//        waits (up to 30 s, then 204) until the group has a round > ROUND of which the caller is a
//        member, answers Membership. 410: this pod is no longer a member.
//   POST /v1/namespaces/NS/trainingjobs/NAME/progress      body Progress, answers 204, or 410
//   POST /v1/load                                          body LoadReport, see load.h
//
// A replica that does not lead answers 503 with {"error": …, "leader": "https://HOST:PORT"}, the
// second absent while nobody leads: ask there. All with the pod's projected token (audience
// kAudience) as bearer; the server derives the worker's index from the pod that the token is bound
// to, never from the body. All are idempotent. Pure values and codecs.

#include <map>
#include <optional>
#include <string>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::worker_contract {

struct Membership {
  int round = 0;       // > 0; each planned change or failure starts the next
  int world_size = 0;  // ranks in all
  int first_rank = 0;  // of this pod; local rank i is first_rank + i
  std::string store;   // host:port of the group's store, served by rank 0
  std::string secret;  // prefix of every key in the store; the same for all members of the round
  bool stop = false;   // suspend: checkpoint at the next step boundary and leave with kExitStopped
  bool operator==(const Membership&) const = default;
};

enum class WorkerState {
  kRunning,    // ranks are training
  kBroken,     // a rank of this round died or the group fell apart; the ranks are being made anew
  kSucceeded,  // the model is written
  kStopped,    // left at a step boundary as asked
};

struct Progress {
  int round = 0;
  WorkerState state = WorkerState::kRunning;
  int64_t step = 0;
  int64_t total_steps = 0;
  int64_t epoch = 0;
  double loss = 0;
  double samples_per_second = 0;
  std::optional<int64_t> remaining_seconds;    // until the last step, at the pace of the newest
  std::map<std::string, double> metrics;       // validation: "accuracy", "loss"
  std::optional<int64_t> checkpoint_step;      // newest complete one
  std::optional<std::string> checkpoint_time;  // RFC 3339
  std::optional<int64_t> resumed_from_step;    // of this round
  std::optional<int64_t> bad_rows;             // that were left out of the data
  std::string model_uri;                       // with kSucceeded
  std::string model_digest;                    // sha256:… of manifest.json
  std::string message;                         // why, with kBroken
  bool operator==(const Progress&) const = default;
};

base::Json encode(const Membership& membership);
base::Result<Membership> decode_membership(const base::Json& json);
base::Json encode(const Progress& progress);
base::Result<Progress> decode_progress(const base::Json& json);
std::string membership_path(const std::string& ns, const std::string& name, int after);
std::string progress_path(const std::string& ns, const std::string& name);

base::Json not_the_leader(const std::string& leader);
// Where the leader is, from such an answer of any endpoint; "" when it does not say.
std::string leader_of(int status, const std::string& body);

// What the last words of a worker look like in kTerminationPath, at most 4 KiB:
// {"error": "...", "rank": 1, "step": 120}. The operator shows `error` in the condition.
struct LastWords {
  std::string error;
  std::optional<int> rank;
  std::optional<int64_t> step;
  // Of worker 0 after success, so that the result survives an operator that was away.
  std::string model_uri;
  std::string model_digest;
  std::map<std::string, double> metrics;
};
std::string encode_last_words(const LastWords& words);
// Any text is accepted: what is no JSON becomes `error`, cleaned of control characters and capped.
LastWords decode_last_words(const std::string& text);

}  // namespace cresset::worker_contract
