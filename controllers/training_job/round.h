#pragma once
// When does the group begin its next round? When all `count` workers run, and no round is on, or a
// pod of the round was replaced, or a member said that the round broke. Then the policy still
// waits, at most kGrace, until every member that was training has said so too: their collectives
// fail within a tenth of a second of a peer's death, and a worker that died itself is then known by
// its pod. So one death is one new round. The decision is written to the status before any member
// is told; a status that is behind what a member reports was set back (by hand, or from a backup)
// and is answered by a round above that, and charged as a restart. Where a rule charges a process's
// end to nobody, a round begins no sooner than kPause after the one before, so that processes which
// end at once cost a write now and then. Pure.

#include <chrono>
#include <optional>
#include <string>

#include "controllers/training_job/group.h"

namespace cresset::controllers::training_job {

inline constexpr std::chrono::seconds kGrace{5};
inline constexpr std::chrono::seconds kPause{60};
inline constexpr int kMostSetBack = 1000;  // rounds: a report of a later one is not believed

struct NextRound {
  int round = 0;
  int world_size = 0;
  std::string members;
  std::string digest;
  std::string reason;  // for the event
  // Of crds/failure_policy.h, when the round before broke: paid for unless a pod's end, or that the
  // cluster took a worker away, is the cause and is. "": a planned round.
  std::string_view cause;
};

struct RoundDecision {
  std::optional<NextRound> next;
  std::optional<std::chrono::milliseconds> again_after;
};

RoundDecision decide_round(const crds::TrainingJob& job, const Group& group,
                           const worker_contract::JobReports& reports, base::WallTime now);
// The round that is on has another number of workers than the spec wants: a planned change.
bool is_resized(const crds::TrainingJobStatus& status, int count);
// A member of the current round said that it broke.
bool is_broken(const crds::TrainingJob& job, const Group& group,
               const worker_contract::JobReports& reports);

}  // namespace cresset::controllers::training_job
