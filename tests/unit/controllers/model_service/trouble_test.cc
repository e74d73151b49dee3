#include "controllers/model_service/trouble.h"

#include <gtest/gtest.h>

#include "tests/unit/controllers/model_service/world.h"

namespace cresset::controllers::model_service {
namespace {

TEST(Trouble, AWorkersLastWordsAreTold) {
  Pod pod;
  pod.exit_code = 10;
  pod.termination_message = R"({"error": "no such bucket"})";
  pod.waiting = "CrashLoopBackOff: back-off 10s";
  EXPECT_EQ(trouble_of(pod),
            (Trouble{"LoadFailed", "a replica left with exit code 10: no such bucket"}));
}

TEST(Trouble, APodThatCameBackIsWell) {
  Pod pod;
  pod.exit_code = 137;
  pod.termination_reason = "OOMKilled";
  EXPECT_EQ(trouble_of(pod).message, "a replica left with exit code 137: OOMKilled");
  pod.ready = true;
  EXPECT_EQ(trouble_of(pod), Trouble{});
}

TEST(Trouble, AnImageThatCannotBePulledIsTold) {
  Pod pod;
  pod.waiting = "ErrImagePull: not found";
  EXPECT_EQ(trouble_of(pod),
            (Trouble{"ErrImagePull", "a replica cannot start: ErrImagePull: not found"}));
}

TEST(Trouble, WhatAPodsStatusMadeUpIsNoReasonAndIsCutShort) {
  for (const std::string made_up : {"", "no such image", "Ünbekannt", "9lives"}) {
    Pod pod;
    pod.waiting = made_up + ": what happened";
    EXPECT_EQ(trouble_of(pod).reason, "CannotStart") << made_up;
    EXPECT_EQ(trouble_of(pod).message, "a replica cannot start: " + pod.waiting);
  }
  Pod pod;
  pod.waiting = "ErrImagePull: " + std::string(100000, 'x');
  EXPECT_LT(trouble_of(pod).message.size(), 3000U);
}

TEST(Trouble, ThePlaceThatIsMissingIsTold) {
  Pod pod;
  pod.unschedulable = "0/1 nodes are available: 1 Insufficient nvidia.com/gpu.";
  EXPECT_EQ(trouble_of(pod).reason, "Unschedulable");
  EXPECT_EQ(trouble_of(Pod{}), Trouble{});
}

TEST(Trouble, WhatAWorkerSaidTellsMostAndOtherRevisionsDoNotCount) {
  World world;
  Pod lost, failed;
  lost.unschedulable = "no place";
  failed.exit_code = 10;
  failed.termination_message = "it broke";
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
