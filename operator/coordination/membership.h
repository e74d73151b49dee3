#pragma once
// Who belongs to a job's round, told from what the status holds (written by the controller before
// anybody is told) and the pods that are seen. Because only persisted rounds are told, a new leader
// goes on where the old one ended. Pure values; any thread.
//
//   const Group group(job, pods, group_key);
//   const Answer answer = group.answer(caller_uid, after);

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crds/worker_contract/coordination.h"
#include "operator/base/uid.h"
#include "operator/kube/core/object.h"

namespace cresset::coordination {

// What coordination reads of a TrainingJob.
struct JobView {
  kube::ObjectKey key;
  base::Uid uid;
  bool finished = false;  // Complete or Failed: nobody is a member any more
  bool suspended = false;
  int round = 0;  // status: 0 = there was none yet
  int world_size = 0;
  std::string members;  // "0-2,4"
  std::string digest;   // of the members' pod UIDs
};

// What coordination reads of a worker pod.
struct WorkerPod {
  std::string name;
  base::Uid uid;
  base::Uid job;  // its controller
  int index = -1;
  std::string ip;
  bool ending = false;  // being deleted, or its containers have ended
};

enum class Standing {
  kWait,      // no round for this pod yet
  kMember,    // `membership` tells its ranks
  kGone,      // this pod will never be a member again
  kStranger,  // no worker of this job, or none that was seen yet
};

struct Answer {
  Standing standing = Standing::kWait;
  std::optional<worker_contract::Membership> membership;
  std::string reason;  // for a person
};

class Group {
 public:
  // `pods` are those of this job.
  Group(JobView job, const std::vector<WorkerPod>& pods, const std::string& group_key);
  Answer answer(const base::Uid& pod, int after) const;

 private:
  void set_round(const std::string& group_key);

  JobView job_;
  std::map<base::Uid, WorkerPod> pods_;
  std::string waiting_for_;                 // why there is no round to tell
  worker_contract::Membership membership_;  // without first_rank
  std::map<base::Uid, int> first_ranks_;    // of the round's members; empty: no round to tell
};

}  // namespace cresset::coordination
