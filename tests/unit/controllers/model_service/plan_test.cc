#include "controllers/model_service/plan.h"

#include "tests/unit/controllers/model_service/plan_fixture.h"

namespace cresset::controllers::model_service {
namespace {

using ::testing::IsEmpty;

TEST_F(ModelServicePlan, ANewServiceGetsItsChildrenAndSaysThatItStarts) {
  const Plan plan = world.pass();
  ASSERT_EQ(plan.changes.size(), 4u) << plan;
  EXPECT_EQ(deployment(world.wanted_revision()).wanted, 1);
  EXPECT_EQ(serving_revision(world.observed.service), world.wanted_revision());
  EXPECT_EQ(world.service.status.state, "Starting");
  EXPECT_EQ(world.reason(kModelLoaded), "Loading");
  EXPECT_EQ(world.service.status.url, "http://gateway/team/digits");
  EXPECT_EQ(world.service.status.selector, "cresset.dev/model-service=digits");
  EXPECT_FALSE(plan.again_after);
}

TEST_F(ModelServicePlan, WithReadyReplicasItIsReady) {
  serve();
  EXPECT_TRUE(world.holds(kReady));
  EXPECT_TRUE(world.holds(kModelLoaded));
  EXPECT_TRUE(world.holds(kRolledOut));
  EXPECT_FALSE(world.holds(kIdle));
  EXPECT_EQ(world.service.status.ready_replicas, 1);
  EXPECT_EQ(world.service.status.revision, first);
  EXPECT_EQ(world.service.status.model.uri, "s3://models/digits/1");
}

TEST_F(ModelServicePlan, AStatusThatWasWipedOrForgedIsMadeAnew) {
  serve();
  const auto honest = world.service.status;
  world.service.status = {};
  world.pass();
  EXPECT_TRUE(world.service.status == honest);

  auto& forged = world.service.status;
  for (auto& condition : forged.conditions) {
    condition.status = condition.status == kube::ConditionStatus::kTrue
                           ? kube::ConditionStatus::kFalse
                           : kube::ConditionStatus::kTrue;
    condition.reason = "Forged";
    condition.message = "by somebody";
    condition.observed_generation = 77;
  }
  forged.state = "Idle";
  forged.observed_generation = 77;
  forged.replicas = forged.ready_replicas = 99;
  forged.revision = "elsewhere";
  forged.selector = "a=b";
  forged.url = "http://elsewhere";
  forged.model = {"s3://elsewhere/1", "sha256:ab", "somebody"};
  forged.scaling = crds::ScalingStatus{.desired = 99};
  const Plan plan = world.pass();
  EXPECT_THAT(plan.changes, IsEmpty()) << plan;
  EXPECT_TRUE(world.service.status == honest) << plan;
}

TEST_F(ModelServicePlan, SpecReplicasIsObeyedWithoutScaling) {
  serve();
  world.service.spec.replicas = 3;
  const Plan plan = world.pass();
  ASSERT_EQ(plan.changes.size(), 1u) << plan;
  EXPECT_NE(std::get_if<Patch>(&plan.changes[0]), nullptr) << "scaled, not rendered again";
  EXPECT_EQ(deployment(first).wanted, 3);
  EXPECT_EQ(plan.events[0].note, "scaled from 1 to 3: spec.replicas is 3");
}

TEST_F(ModelServicePlan, ZeroFixedReplicasAreAStop) {
  serve();
  world.service.spec.replicas = 0;
  world.pass();
  world.all_ready();
  world.pass();
  EXPECT_EQ(world.service.status.state, "Stopped");
  EXPECT_TRUE(world.holds(kModelLoaded)) << "it has loaded before";
}

TEST_F(ModelServicePlan, TheLoadScalesAndTheReasonGivesTheCountAgain) {
  serve();
  scale_by_load(0, 5);
  world.observed.load = load(12.4);
  const Plan plan = world.pass();
  EXPECT_EQ(deployment(first).wanted, 4);
  EXPECT_EQ(plan.again_after, std::chrono::seconds(1));
  ASSERT_EQ(plan.events.size(), 1u);
  EXPECT_EQ(plan.events[0].note,
            "scaled from 1 to 4: 12.4 requests in flight on average over 10 s, target 4 a replica");
  const auto& status = *world.service.status.scaling;
  EXPECT_EQ(status.cause, "Mean");
  EXPECT_EQ(autoscale::count_of({.cause = autoscale::Cause::kMean,
                                 .mean = status.window_mean,
                                 .target = status.target,
                                 .queue = status.queue,
                                 .min = status.min,
                                 .max = status.max,
                                 .kept = status.kept}),
            status.desired);
}

TEST_F(ModelServicePlan, TheReasonStaysThatOfTheLastChange) {
  serve();
  scale_by_load(0, 5);
  world.observed.load = load(12.4);
  world.pass();
  const auto before = world.service.status.scaling;
  world.all_ready();
  world.observed.load = load(13);
  const Plan plan = world.pass();
  EXPECT_THAT(plan.changes, IsEmpty());
  EXPECT_EQ(world.service.status.scaling, before) << "no write a second for a mean that moves";
}

TEST_F(ModelServicePlan, AnIdleServiceGoesToZeroAndIsReadyToWake) {
  serve_until_nobody_asks();
  const Plan asleep = world.pass();
  EXPECT_EQ(world.service.status.state, "Idle");
  EXPECT_TRUE(world.holds(kReady));
  EXPECT_TRUE(world.holds(kModelLoaded));
  EXPECT_FALSE(asleep.again_after) << "nothing to look at until a request comes";

  world.observed.load->waiting = 1;
  world.observed.load->idle = std::chrono::seconds(0);
  const Plan awake = world.pass();
  EXPECT_EQ(deployment(first).wanted, 1);
  EXPECT_EQ(awake.events[0].note,
            "scaled from 0 to 1: 1 requests wait for a replica, target 4 a replica");
}

TEST_F(ModelServicePlan, AModelThatNobodyAskedForIsStillLoadedOnce) {
  scale_by_load(0, 5);
  world.observed.load = autoscale::Load{.complete = true, .idle = std::chrono::seconds(600)};
  world.pass();
  EXPECT_EQ(deployment(world.wanted_revision()).wanted, 1);
  world.all_ready();
  world.pass();
  EXPECT_TRUE(world.holds(kModelLoaded));
  world.pass();
  EXPECT_EQ(deployment(world.wanted_revision()).wanted, 0);
}

TEST_F(ModelServicePlan, AWrongSpecIsAConditionAndChangesNothing) {
  serve();
  world.service.spec_error = "spec.model.uri must start with s3://";
  const Plan plan = world.pass();
  EXPECT_THAT(plan.changes, IsEmpty());
  EXPECT_EQ(world.service.status.state, "Invalid");
  EXPECT_EQ(world.message(kModelLoaded), "spec.model.uri must start with s3://");
}

TEST_F(ModelServicePlan, AServiceThatIsBeingDeletedIsLeftAlone) {
  serve();
  world.service.meta.deleted = world.now;
  world.service.spec.replicas = 7;
  EXPECT_TRUE(world.look().empty());
}

TEST_F(ModelServicePlan, ANewOperatorWithOtherImagesRollsNothing) {
  serve();
  world.settings.images = {.cpu = "worker:2", .cuda = "worker-cuda:2", .pull_policy = "Never"};
  EXPECT_TRUE(world.look().empty()) << world.look();
}

TEST_F(ModelServicePlan, AccessAndScalingMakeNoNewRevision) {
  serve();
  world.service.spec.access.mode = crds::AccessMode::kOpen;
  scale_by_load(1, 4);
  EXPECT_EQ(world.wanted_revision(), first);
  world.service.spec.batching.max_size = 4;
  EXPECT_NE(world.wanted_revision(), first);
}

TEST_F(ModelServicePlan, AChildThatSomebodyChangedIsPutBack) {
  serve();
  auto changed = *world.observed.service;
  changed.spec["ports"][0]["port"] = 1;
  world.observed.service = std::make_shared<Child>(changed);
  const Plan plan = world.pass();
  ASSERT_EQ(plan.changes.size(), 1u);
  EXPECT_TRUE(std::get<Patch>(plan.changes[0]).can_wait);
  EXPECT_TRUE(world.look().empty());
}

TEST_F(ModelServicePlan, ADeploymentThatSomebodyDeletedIsMadeAnew) {
  serve();
  world.observed.deployments.clear();
  world.pass();
  EXPECT_EQ(deployment(first).wanted, 1);
}

}  // namespace
}  // namespace cresset::controllers::model_service
