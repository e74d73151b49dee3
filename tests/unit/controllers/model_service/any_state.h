#pragma once
// The generated states of the plan's property tests: a ModelService with children of its own, some
// of others that look like them, and how such a state becomes a world in which plans are carried
// out. Values; inside rapidcheck properties only.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controllers/model_service/plan.h"
#include "tests/support/plan_properties.h"

namespace cresset::controllers::model_service {

inline const kube::ObjectKey kKey{"team", "digits"};

struct DeploymentWish {
  std::string revision;
  int wanted = 1;
  int ready = 1;
  bool limits_egress = true;  // false: an earlier release made it
};

struct State {
  base::Json service;
  std::vector<DeploymentWish> deployments;
  std::optional<std::string> points_to;  // the Service, when there is one
  bool policy = false;
  bool edited = false;              // somebody changed what the Service and the policies say
  std::vector<std::string> egress;  // revisions that have a policy for what they may reach
  std::string troubled;             // the revision of a pod that failed
  std::optional<TrainedModel> trained;
  std::optional<autoscale::Load> load;
  int replicas_seen = 0;  // at most so many pods of each Deployment are there, and a forged one
  std::map<std::string, int64_t> in_flight;
  std::vector<kube::Resource> namesakes;  // kinds of which somebody else holds the child's name
};

// {apiVersion, kind, metadata, spec} of team/digits, uid "owner".
base::Json service_json(base::Json spec);
// "" when there is none.
std::string wanted_revision(const State& state);

// Any of those below `end`; true once in so many.
int below(int end);
bool maybe(int one_in = 2);
State any_state();
// What is not there yet may be somebody else's.
State with_namesakes(State state);

std::unique_ptr<testing::PlanWorld> make(const State& state);
// Nothing when the service is gone.
std::optional<Plan> plan_in(testing::PlanWorld& world, const State& state);
testing::Subject subject_of(const State& state);

}  // namespace cresset::controllers::model_service
