#include "controllers/model_service/trouble.h"

#include <gtest/gtest.h>

#include "tests/unit/controllers/model_service/world.h"

namespace cresset::controllers::model_service {
namespace {

TEST(Trouble, AWorkersLastWordsAreTold) {
  Pod pod;
  pod.details = PodDetails{.waiting = "CrashLoopBackOff: back-off 10s",
                           .termination_message = R"({"error": "no such bucket"})",
                           .exit_code = 10};
  EXPECT_EQ(trouble_of(pod),
            (Trouble{"LoadFailed", "a replica left with exit code 10: no such bucket"}));
}

TEST(Trouble, APodThatCameBackIsWell) {
  Pod pod;
  pod.details = PodDetails{.termination_reason = "OOMKilled", .exit_code = 137};
  EXPECT_EQ(trouble_of(pod).message, "a replica left with exit code 137: OOMKilled");
  pod.ready = true;
  EXPECT_EQ(trouble_of(pod), Trouble{});
}

TEST(Trouble, AnImageThatCannotBePulledIsTold) {
  Pod pod;
  pod.details = PodDetails{.waiting = "ErrImagePull: not found"};
  EXPECT_EQ(trouble_of(pod),
            (Trouble{"ErrImagePull", "a replica cannot start: ErrImagePull: not found"}));
}

TEST(Trouble, WhatAPodsStatusMadeUpIsNoReasonAndIsCutShort) {
  for (const std::string made_up : {"", "no such image", "Ünbekannt", "9lives"}) {
    Pod pod;
    pod.details = PodDetails{.waiting = made_up + ": what happened"};
    EXPECT_EQ(trouble_of(pod).reason, "CannotStart") << made_up;
    EXPECT_EQ(trouble_of(pod).message, "a replica cannot start: " + pod.details->waiting);
  }
  Pod pod;
  pod.details = PodDetails{.waiting = "ErrImagePull: " + std::string(100000, 'x')};
  EXPECT_LT(trouble_of(pod).message.size(), 3000U);
}

TEST(Trouble, ThePlaceThatIsMissingIsTold) {
  Pod pod;
  pod.details =
      PodDetails{.unschedulable = "0/1 nodes are available: 1 Insufficient nvidia.com/gpu."};
  EXPECT_EQ(trouble_of(pod).reason, "Unschedulable");
  EXPECT_EQ(trouble_of(Pod{}), Trouble{});
}

TEST(Trouble, WhatAWorkerSaidTellsMostAndOtherRevisionsDoNotCount) {
  World world;
  Pod lost, failed;
  lost.details = PodDetails{.unschedulable = "no place"};
  failed.details = PodDetails{.termination_message = "it broke", .exit_code = 10};
  world.add_pod("a", lost);
  world.add_pod("a", failed);
  EXPECT_EQ(trouble_of_revision(world.observed, "a").reason, "LoadFailed");
  EXPECT_EQ(trouble_of_revision(world.observed, "b"), Trouble{});
}

TEST(Trouble, PodsThatTheApiServerRefusesAreTold) {
  World world;
  world.add_deployment("a", 1, 0);
  world.observed.deployments[0].failure = "exceeded quota";
  EXPECT_EQ(trouble_of_revision(world.observed, "a"),
            (Trouble{"PodsRefused", "replicas cannot be made: exceeded quota"}));
}

}  // namespace
}  // namespace cresset::controllers::model_service
