#pragma once
// Observed: what the caches show of one ModelService, sorted into named buckets, with the model of
// the TrainingJob that it names and its load. observe() reads caches and nothing else; they may be
// stale, which deterministic child names make harmless. Snapshots; any thread.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controllers/autoscale/window.h"
#include "controllers/common/child.h"
#include "controllers/common/pod.h"
#include "crds/model_service.h"
#include "operator/runtime/store.h"

namespace cresset::controllers::model_service {

// A Deployment of ours: the replicas of one revision.
struct Deployment {
  kube::ObjectMeta meta;
  std::string revision;
  int wanted = 0;       // spec.replicas
  int existing = 0;     // status.replicas
  int ready = 0;        // status.readyReplicas
  std::string failure;  // why its pods cannot be made (condition ReplicaFailure)
  std::string egress;   // the rules of its policy, JSON; "" of a release that limited nothing
};
Deployment read_deployment(const Child& child);

// What is known of the TrainingJob that spec.model.trainingJob names.
struct TrainedModel {
  bool complete = false;
  bool failed = false;
  std::string uri;
  std::string digest;
  std::string message;  // of its condition Failed
};

struct Observed {
  std::vector<Deployment> deployments;
  std::vector<std::shared_ptr<const Pod>> pods;  // those that are not going away
  std::shared_ptr<const Child> service;
  std::shared_ptr<const Child> policy;               // for whom all replicas answer
  std::vector<std::shared_ptr<const Child>> egress;  // what those of a revision may reach
  std::optional<TrainedModel> trained;
  std::optional<autoscale::Load> load;
  std::map<std::string, int64_t>
      in_flight;  // requests by the address of the replicas that hold any

  // nullptr when there is none.
  const Deployment* deployment(const std::string& revision) const;
  const Child* egress_of(const std::string& revision) const;
};

std::string label_of(const kube::ObjectMeta& meta, const char* label);
// The revision that the Service sends requests to; "" when there is no Service.
std::string serving_revision(const std::shared_ptr<const Child>& service);

inline constexpr char kByService[] = "service";  // pods by "NAMESPACE/label value"
std::vector<std::string> service_of(const kube::ObjectMeta& pod);

struct Caches {
  const runtime::Store<Child>& deployments;
  const runtime::Store<Child>& services;
  const runtime::Store<Child>& policies;
  const runtime::Store<Pod>& pods;
};
// Leaves `trained`, `load` and `in_flight` to the caller.
Observed observe(const crds::ModelService& service, const Caches& caches);

}  // namespace cresset::controllers::model_service
