#pragma once
// ModelServicePlan: a service and its children in memory (world.h), and what the tests of the plan
// do to them, which are several files. One thread.

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "controllers/autoscale/decider.h"
#include "controllers/model_service/conditions.h"
#include "tests/unit/controllers/model_service/world.h"

namespace cresset::controllers::model_service {

class ModelServicePlan : public ::testing::Test {
 protected:
  // A service whose first revision serves.
  void serve() {
    world.pass();
    world.all_ready();
    world.pass();
    first = world.wanted_revision();
    ASSERT_EQ(world.service.status.state, "Ready") << world.message(kReady);
  }
  const Deployment& deployment(const std::string& revision) {
    return *world.observed.deployment(revision);
  }
  static std::vector<std::string> reasons(const Plan& plan) {
    std::vector<std::string> reasons;
    for (const auto& event : plan.events) reasons.push_back(event.reason);
    return reasons;
  }
  void scale_by_load(int min, int max) {
    world.service.spec.scaling = crds::ScalingSpec{
        .min = min, .max = max, .target = 4, .window_seconds = 10, .idle_seconds = 10};
  }
  // It scales to zero, and now is the time.
  void serve_until_nobody_asks() {
    serve();
    scale_by_load(0, 5);
    world.observed.load =
        autoscale::Load{.complete = true, .idle = std::chrono::seconds(10), .seen_request = true};
    world.pass();
    world.all_ready();
  }
  static autoscale::Load load(double mean) {
    return {.mean = mean, .recent = mean, .peak = mean, .complete = true, .seen_request = true};
  }

  World world;
  std::string first;
};

}  // namespace cresset::controllers::model_service
