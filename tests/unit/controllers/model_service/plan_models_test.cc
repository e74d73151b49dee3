// Which model is served: new ones, those that do not load, those of TrainingJobs.
#include "tests/unit/controllers/model_service/plan_fixture.h"

namespace cresset::controllers::model_service {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(ModelServicePlan, ANewModelIsRolledOutBesideTheOldOne) {
  world.service.spec.replicas = 2;
  serve();
  world.service.spec.model.uri = "s3://models/digits/2";
  const std::string second = world.wanted_revision();
  world.pass();
  EXPECT_EQ(deployment(second).wanted, 2);
  EXPECT_EQ(world.service.status.revision, first);
  EXPECT_EQ(world.service.status.state, "RollingOut");
  EXPECT_THAT(world.message(kRolledOut), HasSubstr("0 of 2 replicas ready"));

  for (auto& each : world.observed.deployments)
    if (each.revision == second) each.ready = 1;
  world.pass();
  EXPECT_EQ(serving_revision(world.observed.service), first) << "one is not as many as before";

  world.all_ready();
  const Plan turned = world.pass();
  EXPECT_THAT(reasons(turned), ::testing::ElementsAre("RolledOut"));
  for (const auto& change : turned.changes)
    if (const auto* patch = std::get_if<Patch>(&change)) {
      EXPECT_FALSE(patch->can_wait) << "a rollout is no mend";
    }
  EXPECT_EQ(serving_revision(world.observed.service), second);
  EXPECT_EQ(world.observed.deployment(first), nullptr);
  EXPECT_EQ(world.service.status.state, "Ready");
}

PodDetails ended_with(const char* last_words) {
  return {.termination_message = last_words, .exit_code = 10};
}

TEST_F(ModelServicePlan, AModelThatDoesNotLoadLeavesTheOldOneServing) {
  serve();
  world.service.spec.model.uri = "s3://models/digits/2";
  world.pass();
  Pod pod;
  pod.details = ended_with(
      R"({"error": "weights.safetensors has digest sha256:b, manifest.json says sha256:a"})");
  world.add_pod(world.wanted_revision(), pod);
  const Plan plan = world.pass();
  EXPECT_EQ(world.service.status.revision, first);
  EXPECT_TRUE(world.holds(kReady));
  EXPECT_EQ(world.reason(kModelLoaded), "LoadFailed");
  EXPECT_THAT(world.message(kModelLoaded), HasSubstr("weights.safetensors has digest"));
  ASSERT_EQ(plan.events.size(), 1u);
  EXPECT_EQ(plan.events[0].type, runtime::EventType::kWarning);
  EXPECT_TRUE(world.look().empty()) << "the same words are no news";
}

TEST_F(ModelServicePlan, AFirstModelThatDoesNotLoadIsFailed) {
  world.pass();
  Pod pod;
  pod.details = ended_with(R"({"error": "s3://models/digits/1 does not exist"})");
  world.add_pod(world.wanted_revision(), pod);
  world.pass();
  EXPECT_EQ(world.service.status.state, "Failed");
  EXPECT_FALSE(world.holds(kReady));
  EXPECT_THAT(world.message(kReady), HasSubstr("s3://models/digits/1 does not exist"));
}

TEST_F(ModelServicePlan, AnIdleServiceShowsThatItsNewModelLoadsBeforeItTurns) {
  serve_until_nobody_asks();
  world.service.spec.model.uri = "s3://models/digits/2";
  const std::string second = world.wanted_revision();
  world.pass();
  EXPECT_EQ(deployment(second).wanted, 1);
  world.all_ready();
  world.pass();
  world.pass();
  EXPECT_EQ(serving_revision(world.observed.service), second);
  EXPECT_EQ(deployment(second).wanted, 0);
}

TEST_F(ModelServicePlan, ATrainingJobIsWaitedForAndThenServed) {
  world.service.spec.model = {.training_job = "digits"};
  Plan plan = world.pass();
  EXPECT_THAT(plan.changes, IsEmpty());
  EXPECT_EQ(world.service.status.state, "Waiting");
  EXPECT_THAT(world.message(kReady), HasSubstr("TrainingJob \"digits\" does not exist"));

  world.observed.trained = TrainedModel{};
  world.pass();
  EXPECT_EQ(world.reason(kModelLoaded), "WaitingForTrainingJob");

  world.observed.trained = TrainedModel{.complete = true, .uri = "s3://m/1", .digest = "sha256:d"};
  world.pass();
  EXPECT_EQ(world.observed.deployments.size(), 1u);
  EXPECT_EQ(world.service.status.model.digest, "sha256:d");
}

TEST_F(ModelServicePlan, AFailedTrainingJobSaysWhy) {
  world.service.spec.model = {.training_job = "digits"};
  world.observed.trained = TrainedModel{.failed = true, .message = "no column \"colour\""};
  world.pass();
  EXPECT_EQ(world.service.status.state, "Failed");
  EXPECT_THAT(world.message(kReady), HasSubstr("no column \"colour\""));
}

TEST_F(ModelServicePlan, AJobThatIsGoneLeavesItsModelServed) {
  world.service.spec.model = {.training_job = "digits"};
  world.observed.trained = TrainedModel{.complete = true, .uri = "s3://m/1", .digest = "sha256:d"};
  serve();
  world.observed.trained.reset();
  EXPECT_TRUE(world.look().empty()) << world.look();
}

TEST_F(ModelServicePlan, AnotherJobThatIsNotCompleteLeavesTheOldModelServed) {
  world.service.spec.model = {.training_job = "digits"};
  world.observed.trained = TrainedModel{.complete = true, .uri = "s3://m/1", .digest = "sha256:d"};
  serve();
  world.service.spec.model = {.training_job = "letters"};
  world.observed.trained = TrainedModel{};
  const Plan plan = world.pass();
  EXPECT_THAT(plan.changes, IsEmpty()) << plan;
  EXPECT_TRUE(world.holds(kReady));
  EXPECT_EQ(world.reason(kRolledOut), "WaitingForTrainingJob");
}

}  // namespace
}  // namespace cresset::controllers::model_service
