#pragma once
// Fall: one time that the group fell, since the round of the status began. Workers that end
// together are one fall, and the first of them is its cause; if a replacement fails too before the
// next round, that is the next fall. What the cluster takes away is one fall a round, told and paid
// for when it is first seen (failure_policy.h): the members that end from then on only follow, and
// replacements that it takes away before the next round leave no pod and are not counted. Which
// failed pods are of before, and paid for already, is known by the attempts of its members, which
// the status holds and which never fall. Pure.

#include <optional>
#include <string>
#include <vector>

#include "controllers/training_job/group.h"
#include "crds/failure_policy.h"

namespace cresset::controllers::training_job {

struct Fall {
  crds::WorkerEnd end;
  PodPtr pod;    // whose end it was; nullptr of one that left no pod behind
  int turn = 0;  // 0: of members of the round; n: of their nth replacements
};

// The pods of workers that the job has which failed since the round of the status began, by index
// and attempt.
std::vector<PodPtr> fresh_failures(const crds::TrainingJob& job, const Group& group);
// Those falls, in their order. Where the cluster took a member of the round away, of the other
// members none that ended since, if it is known by `status`, and otherwise only those of whom the
// status told long before.
std::vector<Fall> falls(const crds::TrainingJob& job, const crds::TrainingJobStatus& status,
                        const Group& group, base::WallTime now);
// Whether `status` says that the cluster took a worker of its round away.
bool was_disrupted(const crds::TrainingJobStatus& status);
// Why the cluster takes a member of the round away; "" when it does not, or `status` says so.
std::string disruption_of_round(const crds::TrainingJob& job, const crds::TrainingJobStatus& status,
                                const Group& group);

// For the condition, of a round that is over: a cause, or WorkerDisrupted, and in words.
struct RoundEnd {
  std::string cause;
  std::string words;
};
RoundEnd why_it_fell(const crds::TrainingJob& job, const crds::TrainingJobStatus& status,
                     const Group& group, bool rank_ended, base::WallTime now);

// By worker the attempt from which on an end is news: the member's, or after all that there is of a
// worker that has none. What is not there is 0.
std::map<int, int> first_fresh(const crds::TrainingJob& job, const Group& group);
// Of a round that begins with the pods that live, for the status: "1:2,4:1". None falls.
std::string attempts_of(const crds::TrainingJob& job, const Group& group);
// Of the round that is on, where an operator that kept none began it.
void keep_attempts(crds::TrainingJobStatus& status, const crds::TrainingJob& job,
                   const Group& group);

}  // namespace cresset::controllers::training_job
