#pragma once
// Fall: one time that the group fell, since the round of the status began. Workers that end
// together are one fall, and the first of them is its cause; if a replacement fails too before the
// next round, that is the next fall. Which failed pods are of before that round, and paid for
// already, is known by the attempts of its members, which the status holds. Pure.

#include <optional>
#include <string>
#include <vector>

#include "controllers/training_job/group.h"
#include "crds/failure_policy.h"

namespace cresset::controllers::training_job {

struct Fall {
  crds::WorkerEnd end;
  PodPtr pod;  // whose end it was; nullptr of one that left no pod behind
};

// The pods that failed since the round of the status began, by index and attempt.
std::vector<PodPtr> fresh_failures(const crds::TrainingJob& job, const Group& group);
// Those falls, in their order. The first is left out where the cluster took a worker of the round
// away (`disrupted`): that was told and counted then, and whoever ended with it has no cause of its
// own.
std::vector<Fall> falls(const crds::TrainingJob& job, const Group& group, bool disrupted);
// Whether `status` says that the cluster took a worker of its round away.
bool was_disrupted(const crds::TrainingJobStatus& status);
// Why the cluster takes a member of the round away; "" when it does not, or `status` says so.
std::string disruption_of_round(const crds::TrainingJobStatus& status, const Group& group);

// For the condition, of a round that is over: a cause, or WorkerDisrupted, and in words.
struct RoundEnd {
  std::string cause;
  std::string words;
};
RoundEnd why_it_fell(const crds::TrainingJob& job, const crds::TrainingJobStatus& status,
                     const Group& group, bool rank_ended);

// Of the members of a round that begins, for the status: "1:2,4:1" where it is not the first. Of
// workers that are not wanted any more, the next: they are paid for too.
std::string attempts_of(const Group& group);
// Of the round that is on, where an operator that kept none began it.
void keep_attempts(crds::TrainingJobStatus& status, const Group& group);

}  // namespace cresset::controllers::training_job
