#pragma once
// Group: the pods of a job by worker index, in the buckets that every policy reads. Pure.
// One index has at most one live pod: a replacement is made only when the old one is terminal or
// gone. Worker 0 writes the model at the end; until it has ended well, one that ended well counts
// only as long as nobody of its round is missing or was replaced.

#include <map>
#include <memory>
#include <vector>

#include "controllers/training_job/observe.h"

namespace cresset::controllers::training_job {

using PodPtr = std::shared_ptr<const Pod>;

struct Group {
  std::map<int, PodPtr> live;   // neither terminal nor being deleted
  std::map<int, PodPtr> going;  // being deleted and not terminal yet
  std::map<int, PodPtr> succeeded;
  std::map<int, std::vector<PodPtr>> failed;  // by attempt
  std::map<int, int> next_attempt;            // for the name of the next pod of that index
  std::vector<PodPtr> surplus;  // live pods of indices at or above count, and second ones

  // Live pods that run and have an address.
  int running() const;
  bool all_running(int count) const;
  // Workers that ended well have to train again, because the group must be formed anew.
  void form_again() { succeeded.clear(); }
};

Group sort_into_group(const Observed& observed, int count);
// Those that ended unasked: by no suspension, drain, preemption or node without memory.
size_t count_own_failures(const std::vector<PodPtr>& pods);

}  // namespace cresset::controllers::training_job
