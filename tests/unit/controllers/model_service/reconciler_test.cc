#include "controllers/model_service/reconciler.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include "controllers/model_service/deployment.h"
#include "controllers/model_service/revision.h"
#include "controllers/model_service/service.h"
#include "tests/support/odd_api.h"

namespace cresset::controllers::model_service::reconciler_test {
namespace {

using base::Json;
using ::testing::HasSubstr;

constexpr char kModel[] = "s3://models/digits/1";
const kube::ObjectKey kKey{"team", "digits"};

// The controller as main runs it, before an API server in memory.
class ControllerTest : public ::testing::Test {
 protected:
  explicit ControllerTest(bool time_by_hand = false)
      : clock_(time_by_hand ? static_cast<base::Clock&>(manual_) : system_) {}
  ~ControllerTest() override {
    api_.let_go();
    stop_.request_stop();
  }

  void start(Json spec) {
    api_.seed(kube::kModelServices, {{"apiVersion", "cresset.dev/v1alpha1"},
                                     {"kind", "ModelService"},
                                     {"metadata", {{"namespace", "team"}, {"name", "digits"}}},
                                     {"spec", std::move(spec)}});
    controller_.add_to(manager_);
    running_ = std::jthread([this] { EXPECT_TRUE(manager_.run(stop_.get_token())); });
  }
  std::optional<Json> deployment() {
    const auto all = api_.all(kube::kDeployments);
    return all.empty() ? std::nullopt : std::optional(all.front());
  }
  bool wait_for_replicas(int count) {
    return api_.wait_for([&] {
      const auto found = deployment();
      return found && base::number_at(*found, "/spec/replicas", -1) == count;
    });
  }
  void make_ready() {
    const Json found = *deployment();
    const auto replicas = found["spec"]["replicas"];
    api_.set_status(kube::kDeployments, kube::decode_meta(found).key(),
                    {{"replicas", replicas}, {"readyReplicas", replicas}});
  }
  std::string status(const std::string& pointer) {
    const auto found = api_.find(kube::kModelServices, kKey);
    return found ? base::text_at(*found, "/status" + pointer) : "";
  }
  void refuse_deployments() {
    api_.set_fault([](const testing::FakeApi::Call& call) -> std::optional<base::Error> {
      if (call.verb == "create" && call.resource == kube::kDeployments)
        return base::forbidden("exceeded quota: pods");
      return std::nullopt;
    });
  }
  base::Log log() {
    return base::Log(base::LogLevel::kWarn, [this](base::LogLevel, const std::string& line) {
      std::lock_guard lock(mutex_);
      logged_ += line + "\n";
    });
  }
  std::string logged() {
    std::lock_guard lock(mutex_);
    return logged_;
  }
  int looks() const {
    const std::string line = "controller_runtime_reconcile_time_seconds_count";
    const auto text = metrics_.render();
    const auto at = text.find(line + "{");
    return at == std::string::npos ? 0 : std::stoi(text.substr(text.find("} ", at) + 2));
  }
  // A look that nothing but the passing of time asks for.
  void look_again() { api_.seed(kube::kModelServices, *api_.find(kube::kModelServices, kKey)); }
  bool wait_for_state(const std::string& state) {
    return api_.wait_for([&] { return status("/state") == state; });
  }

  kube::Condition condition(const char* type) {
    const auto found = api_.find(kube::kModelServices, kKey);
    const Json* list = base::find(*found, "/status/conditions");
    if (list == nullptr) return {};
    const auto conditions = kube::decode_conditions(*list);
    const auto* one = kube::find_condition(conditions, type);
    return one == nullptr ? kube::Condition{} : *one;
  }
  std::string reason(const char* type) { return condition(type).reason; }
  std::string message(const char* type) { return condition(type).message; }

  testing::OddApi api_;
  base::SystemClock system_;
  base::ManualClock manual_;
  base::Clock& clock_;
  base::Metrics metrics_;
  runtime::EventRecorder events_{api_, "cresset-operator", "test", clock_, base::silent()};
  std::mutex mutex_;
  std::optional<TrainedModel> trained_;
  std::string logged_;
  ModelServiceController controller_{
      api_,
      events_,
      {.settings = {.images = {.cpu = "worker:1"}, .operator_namespace = "system"},
       .trained =
           [this](const kube::ObjectKey&) {
             std::lock_guard lock(mutex_);
             return trained_;
           }},
      clock_,
      metrics_,
      log()};
  runtime::Manager manager_{base::silent()};
  std::stop_source stop_;
  std::jthread running_;
};

TEST_F(ControllerTest, MakesTheChildrenAndBecomesReady) {
  start({{"model", {{"uri", "s3://models/digits/1"}}}});
  ASSERT_TRUE(wait_for_replicas(1));
  ASSERT_TRUE(wait_for_state("Starting"));
  EXPECT_EQ(api_.all(kube::kServices).size(), 1u);
  EXPECT_EQ(api_.all(kube::kNetworkPolicies).size(), 1u);
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

class Foreign : public ControllerTest, public ::testing::WithParamInterface<kube::Resource> {
 protected:
  Foreign() : ControllerTest(true) {}
  // Each look takes a while.
  bool wait_for_reason(const std::string& wanted) {
    return api_.wait_for([&] {
      manual_.advance(std::chrono::milliseconds(100));
      return reason("Ready") == wanted;
    });
  }
};

TEST_P(Foreign, AnObjectOfTheNameIsLeftAsItIsToldAndWaitedFor) {
  const auto name =
      GetParam() == kube::kDeployments
          ? deployment_name("digits", revision_of({.model = {.uri = kModel}}, {.uri = kModel}))
          : serving_name("digits");
  const Json theirs =
      api_.seed(GetParam(), {{"metadata",
                              {{"namespace", "team"},
                               {"name", name},
                               {"managedFields", Json::array({{{"manager", "kubectl-create"}}})}}},
                             {"spec", {{"theirs", true}}}});
  start({{"model", {{"uri", kModel}}}});
  ASSERT_TRUE(wait_for_reason("Refused"));
  for (const char* type : {"Ready", "RolledOut"}) {
    EXPECT_THAT(message(type), HasSubstr(GetParam().kind + " team/" + name));
    EXPECT_THAT(message(type), HasSubstr("no owner; written with kubectl-create"));
    EXPECT_THAT(message(type), HasSubstr("delete it, or give the ModelService another name"));
  }
  EXPECT_EQ(status("/state"), "Failed");
  EXPECT_EQ(api_.find(GetParam(), {"team", name}), theirs);

  api_.erase(GetParam(), {"team", name});
  ASSERT_TRUE(wait_for_reason("Starting"));
  const auto ours = api_.find(GetParam(), {"team", name});
  ASSERT_TRUE(ours);
  EXPECT_EQ(kube::decode_meta(*ours).controller()->name, "digits");
}

INSTANTIATE_TEST_SUITE_P(Kinds, Foreign,
                         ::testing::Values(kube::kServices, kube::kNetworkPolicies,
                                           kube::kDeployments),
                         [](const auto& kind) { return kind.param.kind; });

TEST_F(ControllerTest, AServiceThatSomebodyPutInPlaceOfOursIsNotAnswering) {
  start({{"model", {{"uri", kModel}}}});
  ASSERT_TRUE(wait_for_replicas(1));
  make_ready();
  ASSERT_TRUE(wait_for_state("Ready"));
  const kube::ObjectKey key{"team", serving_name("digits")};
  api_.set_fault([this, key](const testing::FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.verb == "create" && call.resource == kube::kServices && !api_.find(call.resource, key))
      api_.seed(kube::kServices, {{"metadata", {{"namespace", "team"}, {"name", key.name}}}});
    return std::nullopt;
  });
  api_.erase(kube::kServices, key);
  EXPECT_TRUE(api_.wait_for([&] { return reason("Ready") == "Refused"; }));
}

TEST_F(ControllerTest, SidecarsLabelsAndDefaultsOfOthersCostNoWrite) {
  api_.on_create = [](const kube::Resource& resource, Json& object) {
    if (resource == kube::kEvents) return;
    object["metadata"]["annotations"]["mesh.example/injected"] = "yes";
    object["metadata"]["labels"]["mesh.example/team"] = "a";
    if (resource == kube::kDeployments) {
      object["spec"]["revisionHistoryLimit"] = 10;
      object["spec"]["template"]["spec"]["containers"].push_back({{"name", "proxy"}});
    }
    if (resource == kube::kServices) object["spec"]["clusterIP"] = "10.0.0.1";
  };
  start({{"model", {{"uri", kModel}}}});
  ASSERT_TRUE(wait_for_replicas(1));
  make_ready();
  ASSERT_TRUE(wait_for_state("Ready"));
  for (int i = 0; i < 3; ++i) {
    const int before = looks();
    const auto version = api_.version();
    look_again();
    ASSERT_TRUE(api_.wait_for([&] { return looks() > before; }));
    if (i > 0) {
      EXPECT_EQ(std::stoi(api_.version()), std::stoi(version) + 1) << "the seed alone";
    }
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
  EXPECT_EQ(made, 3U) << "a Service, a policy, a Deployment";
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
