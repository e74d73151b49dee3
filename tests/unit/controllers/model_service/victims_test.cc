#include "controllers/model_service/victims.h"

#include <gmock/gmock.h>

#include "controllers/common/names.h"
#include "tests/unit/controllers/model_service/world.h"

namespace cresset::controllers::model_service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class VictimsTest : public ::testing::Test {
 protected:
  void add(const std::string& ip, int64_t in_flight, bool ready = true) {
    world.add_pod(deployment.revision, replica(ip, ready));
    const std::string host = ip.find(':') == std::string::npos ? ip : "[" + ip + "]";
    if (in_flight > 0) world.observed.in_flight[host + ":8080"] = in_flight;
  }
  // "IP cost" of each patch, "IP" of one that takes the mark away.
  std::vector<std::string> marks(int count) {
    std::vector<std::string> found;
    for (const auto& change : mark_victims(world.observed, deployment, count)) {
      const auto& patch = std::get<Patch>(change);
      const auto& cost = patch.patch["metadata"]["annotations"][kDeletionCost];
      for (const auto& pod : world.observed.pods)
        if (pod->meta.key() == patch.key && pod->meta.uid == patch.uid)
          found.push_back(pod->ip + (cost.is_null() ? "" : " " + cost.get<std::string>()));
    }
    return found;
  }
  Pod replica(const std::string& ip, bool ready = true) const {
    Pod pod{.phase = PodPhase::kRunning, .ready = ready, .ip = ip};
    pod.meta.owners = owned_by_set(deployment.meta.name + "-5d4f");
    return pod;
  }
  static kube::Owners owned_by_set(const std::string& name) {
    return {{"apps/v1", "ReplicaSet", name, base::Uid("rs"), true}};
  }
  void mark(size_t index) {
    Pod pod = *world.observed.pods[index];
    pod.meta.annotations = kube::Texts{{kDeletionCost, kVictimCost}};
    world.observed.pods[index] = std::make_shared<Pod>(std::move(pod));
  }
  World world;
  Deployment deployment{.meta = {.name = "digits-a"}, .revision = "a"};
};

TEST_F(VictimsTest, ThoseThatHoldTheFewestRequestsLeaveFirst) {
  add("10.0.0.1", 3);
  add("10.0.0.2", 0);
  add("fd00::3", 1);
  EXPECT_THAT(marks(2), ElementsAre("10.0.0.2 -1000"));
  EXPECT_THAT(marks(1), ElementsAre("10.0.0.2 -1000", "fd00::3 -1000"));
}

TEST_F(VictimsTest, NothingIsMarkedWhereItMattersNotWhichLeave) {
  add("10.0.0.1", 0);
  add("10.0.0.2", 0);
  EXPECT_THAT(marks(1), IsEmpty()) << "all are idle";
  add("10.0.0.3", 4);
  EXPECT_THAT(marks(0), IsEmpty()) << "all leave";
  EXPECT_THAT(marks(3), IsEmpty()) << "none leaves";
  EXPECT_THAT(marks(5), IsEmpty()) << "more come";
}

TEST_F(VictimsTest, WhatIsNotReadyLeavesByItself) {
  add("10.0.0.1", 2);
  add("10.0.0.2", 0);
  add("10.0.0.3", 0, false);
  EXPECT_THAT(marks(2), IsEmpty());
  EXPECT_THAT(marks(1), ElementsAre("10.0.0.2 -1000"));
}

TEST_F(VictimsTest, AMarkIsMadeOnceAndTakenFromWhomStays) {
  add("10.0.0.1", 5);
  add("10.0.0.2", 1);
  mark(1);
  EXPECT_THAT(marks(1), IsEmpty());
  world.observed.in_flight["10.0.0.2:8080"] = 9;
  EXPECT_THAT(marks(1), ElementsAre("10.0.0.1 -1000", "10.0.0.2"));
}

TEST_F(VictimsTest, OtherRevisionsAndPodsThatEndedAreLeftOut) {
  add("10.0.0.1", 5);
  Pod ended = replica("10.0.0.2", false);
  ended.phase = PodPhase::kFailed;
  world.add_pod("a", ended);
  world.add_pod("b", replica("10.0.0.3"));
  EXPECT_THAT(marks(1), IsEmpty());
}

TEST_F(VictimsTest, APodThatOnlySaysThatItIsAReplicaIsNeitherCountedNorMarked) {
  add("10.0.0.1", 3);
  add("10.0.0.2", 1);
  for (const char* owner : {"", "others-5d4f"}) {
    Pod forged = replica("10.0.0.9");
    forged.meta.owners = owned_by_set(owner);
    world.add_pod("a", forged);
  }
  EXPECT_THAT(marks(1), ElementsAre("10.0.0.2 -1000"));
}

TEST_F(VictimsTest, NoPlanMakesMoreThanAHundredCallsForIt) {
  for (int i = 0; i < 200; ++i) add("10.0.0." + std::to_string(i), i == 0 ? 1 : 0);
  EXPECT_EQ(marks(1).size(), 100U);
}

TEST_F(VictimsTest, TheyAreMarkedBeforeTheDeploymentIsScaled) {
  world.service.spec.replicas = 2;
  const std::string revision = world.wanted_revision();
  world.add_deployment(revision, 2, 2);
  deployment = world.observed.deployments.front();
  for (const char* ip : {"10.0.0.1", "10.0.0.2"}) world.add_pod(revision, replica(ip));
  world.observed.in_flight["10.0.0.1:8080"] = 1;
  world.pass();
  world.service.spec.replicas = 1;
  const Plan plan = world.look();
  ASSERT_GE(plan.changes.size(), 2U);
  const auto& mark = std::get<Patch>(plan.changes[plan.changes.size() - 2]);
  EXPECT_EQ(mark.resource, kube::kPods);
  EXPECT_EQ(mark.key, world.observed.pods[1]->meta.key());
  EXPECT_EQ(std::get<Patch>(plan.changes.back()).patch["spec"]["replicas"], 1);
}

}  // namespace
}  // namespace cresset::controllers::model_service
