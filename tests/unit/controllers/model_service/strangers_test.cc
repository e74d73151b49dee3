// What others made, changed or put in place of a service's children.
#include "controllers/model_service/deployment.h"
#include "controllers/model_service/revision.h"
#include "controllers/model_service/service.h"
#include "tests/unit/controllers/model_service/reconciler_fixture.h"

namespace cresset::controllers::model_service::reconciler_test {
namespace {

using ::testing::HasSubstr;

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

TEST_F(ControllerTest, WhatSomebodyAddsToARuleOfOursGoesAndWhatIsTheirsStays) {
  struct Edit {
    kube::Resource resource;
    Json spec;
  };
  const Json only = {{"only", "these"}};
  const Json other_port = {{"name", "http"}, {"port", 8080}, {"targetPort", 1}};
  const Json anybody = Json::array({Json::object()});
  const std::vector<Edit> edits = {
      {kube::kServices, {{"selector", only}}},
      {kube::kServices, {{"ports", Json::array({other_port})}}},
      {kube::kNetworkPolicies, {{"podSelector", {{"matchLabels", only}}}}},
      {kube::kNetworkPolicies, {{"ingress", anybody}}}};
  start({{"model", {{"uri", kModel}}}});
  ASSERT_TRUE(wait_for_replicas(1));
  make_ready();
  ASSERT_TRUE(wait_for_state("Ready"));
  const kube::ObjectKey key{"team", serving_name("digits")};
  ASSERT_TRUE(
      api_.merge_patch(kube::kServices, key, {{"spec", {{"sessionAffinity", "ClientIP"}}}}));
  const auto spec_of = [&](const kube::Resource& kind) { return api_.find(kind, key)->at("spec"); };
  for (const Edit& edit : edits) {
    const Json before = spec_of(edit.resource);
    ASSERT_TRUE(api_.merge_patch(edit.resource, key, {{"spec", edit.spec}}));
    EXPECT_TRUE(api_.wait_for([&] { return spec_of(edit.resource) == before; })) << edit.spec;
  }
  EXPECT_GE(api_.calls("merge_patch").size(), 1 + 2 * edits.size()) << "each, and its undoing";
  EXPECT_EQ(spec_of(kube::kServices)["sessionAffinity"], "ClientIP");
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
    const size_t written = api_.writes_but_events().size();
    look_again();
    ASSERT_TRUE(api_.wait_for([&] { return looks() > before; }));
    if (i > 0) {
      EXPECT_EQ(api_.writes_but_events().size(), written);
    }
  }
}

}  // namespace
}  // namespace cresset::controllers::model_service::reconciler_test
