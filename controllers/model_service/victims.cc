#include "controllers/model_service/victims.h"

#include <algorithm>

#include "controllers/common/names.h"
#include "crds/worker_contract/names.h"
#include "operator/base/address.h"

namespace cresset::controllers::model_service {

namespace {

struct Replica {
  const Pod* pod;
  int64_t in_flight;
};

int64_t in_flight_of(const Pod& pod, const std::map<std::string, int64_t>& in_flight) {
  const auto found = in_flight.find(base::host_and_port(pod.ip, worker_contract::kServePort));
  return found == in_flight.end() ? 0 : found->second;
}

bool is_marked(const Pod& pod) {
  const auto found = pod.meta.annotations->find(kDeletionCost);
  return found != pod.meta.annotations->end() && found->second == kVictimCost;
}

Change mark(const Pod& pod, const base::Json& cost) {
  return Patch{.resource = kube::kPods,
               .key = pod.meta.key(),
               .uid = pod.meta.uid,
               .patch = {{"metadata", {{"annotations", {{kDeletionCost, cost}}}}}},
               .hint = true};
}

// Labels are anybody's.
bool is_replica_of(const Deployment& deployment, const Pod& pod) {
  const auto* owner = pod.meta.controller();
  return label_of(pod.meta, worker_contract::kRevisionLabel) == deployment.revision &&
         owner != nullptr && owner->kind == "ReplicaSet" &&
         owner->name.str().starts_with(deployment.meta.name + "-");
}

}  // namespace

std::vector<Change> mark_victims(const Observed& observed, const Deployment& deployment,
                                 int count) {
  std::vector<Replica> ready;  // the others are taken before any of these
  for (const auto& pod : observed.pods)
    if (is_replica_of(deployment, *pod) && !pod->terminal() && pod->ready)
      ready.push_back({pod.get(), in_flight_of(*pod, observed.in_flight)});
  const int leave = static_cast<int>(ready.size()) - count;
  const bool matters = count > 0 && leave > 0 && std::ranges::any_of(ready, [](const auto& each) {
                         return each.in_flight > 0;
                       });
  if (!matters) return {};
  std::ranges::stable_sort(ready, {}, &Replica::in_flight);
  std::vector<Change> marks;
  for (int i = 0; i < static_cast<int>(ready.size()) && marks.size() < kMostMarks; ++i) {
    const Pod& pod = *ready[i].pod;
    if (i < leave && !is_marked(pod)) marks.push_back(mark(pod, kVictimCost));
    if (i >= leave && is_marked(pod)) marks.push_back(mark(pod, nullptr));
  }
  return marks;
}

}  // namespace cresset::controllers::model_service
