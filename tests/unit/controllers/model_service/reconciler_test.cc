#include "tests/unit/controllers/model_service/reconciler_fixture.h"

#include <algorithm>
#include <atomic>

namespace cresset::controllers::model_service::reconciler_test {
namespace {

using ::testing::HasSubstr;

TEST_F(ControllerTest, MakesTheChildrenAndBecomesReady) {
  start({{"model", {{"uri", "s3://models/digits/1"}}}});
  ASSERT_TRUE(wait_for_replicas(1));
  ASSERT_TRUE(wait_for_state("Starting"));
  EXPECT_EQ(api_.all(kube::kServices).size(), 1u);
  EXPECT_EQ(api_.all(kube::kNetworkPolicies).size(), 2u);
  make_ready();
  EXPECT_TRUE(wait_for_state("Ready")) << status("/state");
}

TEST_F(ControllerTest, ABurstWakesReplicasWithoutWaitingForATick) {
  start({{"model", {{"uri", "s3://models/digits/1"}}},
         {"scaling", {{"min", 0}, {"max", 10}, {"target", {{"concurrency", 4}}}}}});
  ASSERT_TRUE(wait_for_replicas(1));
  controller_.on_load(
      {.gateway = "g",
       .sequence = 1,
       .revisions = {{.ns = "team", .name = "digits", .arrivals = 30, .waiting = 30}}});
  EXPECT_TRUE(wait_for_replicas(8));
  EXPECT_TRUE(api_.wait_for([&] { return status("/scaling/cause") == "Backlog"; }));
  EXPECT_TRUE(api_.wait_for([&] {
    for (const auto& event : api_.all(kube::kEvents))
      if (base::text_at(event, "/note").starts_with("scaled from 1 to 8: 30 requests wait"))
        return true;
    return false;
  }));
}

TEST_F(ControllerTest, AModelOfATrainingJobIsServedOnceTheJobIsComplete) {
  start({{"model", {{"trainingJob", "digits"}}}});
  ASSERT_TRUE(wait_for_state("Waiting"));
  EXPECT_FALSE(deployment());
  {
    std::lock_guard lock(mutex_);
    trained_ = TrainedModel{.complete = true, .uri = "s3://models/digits/1", .digest = "sha256:d"};
  }
  controller_.job_changed({"team", "digits"});
  ASSERT_TRUE(wait_for_replicas(1));
  EXPECT_TRUE(api_.wait_for([&] { return status("/model/digest") == "sha256:d"; }));
}

TEST_F(ControllerTest, AReconcileThatFailsIsLoggedWithControllerAndObjectOnce) {
  refuse_deployments();
  start({{"model", {{"uri", kModel}}}});
  ASSERT_TRUE(
      api_.wait_for([&] { return logged().find("reconcile failed") != std::string::npos; }));
  EXPECT_THAT(logged(),
              HasSubstr(R"("message":"reconcile failed; retried","controller":"modelservice",)"
                        R"("kind":"ModelService","namespace":"team","name":"digits",)"
                        R"("reconcileID":")"));
}

TEST_F(ControllerTest, WhatTheApiServerRefusesIsAConditionInItsWords) {
  refuse_deployments();
  start({{"model", {{"uri", "s3://models/digits/1"}}}});
  ASSERT_TRUE(api_.wait_for([&] { return reason("Ready") == "Refused"; }));
  EXPECT_THAT(message("Ready"), HasSubstr("exceeded quota"));
  const auto object = *api_.find(kube::kModelServices, {"team", "digits"});
  EXPECT_EQ(object["status"]["observedGeneration"], object["metadata"]["generation"]);
  const auto conditions = kube::decode_conditions(object["status"]["conditions"]);
  using kube::ConditionStatus;
  for (const auto& [type, wanted] : {std::pair{"Ready", ConditionStatus::kFalse},
                                     std::pair{"RolledOut", ConditionStatus::kFalse},
                                     std::pair{"ModelLoaded", ConditionStatus::kUnknown},
                                     std::pair{"Idle", ConditionStatus::kUnknown}}) {
    const auto* found = kube::find_condition(conditions, type);
    ASSERT_NE(found, nullptr) << type;
    EXPECT_EQ(found->status, wanted) << type;
    EXPECT_EQ(found->reason, "Refused") << type;
  }
}

class Lagging : public ControllerTest, public ::testing::WithParamInterface<kube::Resource> {
 protected:
  Lagging() : ControllerTest(true) {}
};

TEST_P(Lagging, WhatTheCacheDoesNotShowYetIsNotWrittenAgain) {
  api_.keep_back(GetParam());
  start({{"model", {{"uri", kModel}}}});
  ASSERT_TRUE(wait_for_state("Starting"));
  for (int i = 0; i < 5; ++i) {
    const int before = looks();
    look_again();
    ASSERT_TRUE(api_.wait_for([&] { return looks() > before; }));
  }
  size_t made = 0;
  for (const auto& call : api_.calls("create")) made += call.resource == kube::kEvents ? 0 : 1;
  EXPECT_EQ(made, 4U) << "a Service, two policies, a Deployment";
  api_.let_go();
  make_ready();
  EXPECT_TRUE(wait_for_state("Ready"));
}

INSTANTIATE_TEST_SUITE_P(Kinds, Lagging,
                         ::testing::Values(kube::kServices, kube::kNetworkPolicies,
                                           kube::kDeployments),
                         [](const auto& kind) { return kind.param.kind; });

class StoppedHalfway : public ControllerTest {
 protected:
  StoppedHalfway() : ControllerTest(true) {}
  auto asked_for(const kube::Resource& resource) const {
    const auto creates = api_.calls("create");
    return std::count_if(creates.begin(), creates.end(),
                         [&](const auto& call) { return call.resource == resource; });
  }
};

TEST_F(StoppedHalfway, WhatWasMadeIsNotMadeAgainBeforeTheCacheShowsIt) {
  const auto failed = std::make_shared<std::atomic<bool>>(false);
  api_.keep_back(kube::kDeployments);
  api_.set_fault([failed](const testing::FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.verb == "create" && call.resource == kube::kServices && !failed->exchange(true))
      return base::unavailable("500");
    return std::nullopt;
  });
  start({{"model", {{"uri", kModel}}}});
  ASSERT_TRUE(api_.wait_for([&] { return failed->load() && looks() >= 1; }));
  for (int i = 0; i < 3; ++i) {
    const int before = looks();
    look_again();
    ASSERT_TRUE(api_.wait_for([&] { return looks() > before; }));
  }
  EXPECT_EQ(asked_for(kube::kDeployments), 1);
  EXPECT_EQ(asked_for(kube::kServices), 1);
  api_.let_go();
  ASSERT_TRUE(wait_for_state("Starting"));
  EXPECT_EQ(asked_for(kube::kDeployments), 1);
  EXPECT_EQ(api_.all(kube::kServices).size(), 1U);
}

TEST_F(ControllerTest, SpecReplicasIsNeverWritten) {
  start({{"model", {{"uri", "s3://models/digits/1"}}},
         {"replicas", 2},
         {"scaling", {{"min", 1}, {"max", 4}}}});
  ASSERT_TRUE(wait_for_replicas(1));
  ASSERT_TRUE(wait_for_state("Starting"));
  for (const auto& call : api_.writes()) {
    if (call.resource == kube::kModelServices) {
      EXPECT_EQ(call.subresource, "status");
    }
  }
  EXPECT_EQ((*api_.find(kube::kModelServices, kKey))["spec"]["replicas"], 2);
}

}  // namespace
}  // namespace cresset::controllers::model_service::reconciler_test
