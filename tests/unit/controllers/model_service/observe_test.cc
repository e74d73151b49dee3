#include "controllers/model_service/observe.h"

#include <gtest/gtest.h>

#include "controllers/model_service/deployment.h"
#include "controllers/model_service/egress.h"
#include "controllers/model_service/service.h"

namespace cresset::controllers::model_service::observe_test {
namespace {

using base::Json;

class ObserveTest : public ::testing::Test {
 protected:
  ObserveTest() {
    service.meta = {.ns = "team", .name = "digits", .uid = base::Uid("u1")};
    for (auto* store : {&deployments, &policies})
      store->add_index(kByOwner, [](const Child& child) { return owner_of(child.meta); });
    pods.add_index(kByService, [](const Pod& pod) { return service_of(pod.meta); });
  }
  void put(runtime::Store<Child>& store, const Json& object) {
    store.put(std::make_shared<Child>(*decode_child(object)));
  }
  Observed look() { return observe(service, {deployments, services, policies, pods}); }

  crds::ModelService service;
  runtime::Store<Child> deployments, services, policies;
  runtime::Store<Pod> pods;
};

TEST_F(ObserveTest, FindsItsOwnChildren) {
  Json deployment = make_deployment(service, {"file:///m/1", "", ""}, "abc", 2, {});
  deployment["status"] = {
      {"replicas", 2},
      {"readyReplicas", 1},
      {"conditions",
       Json::array(
           {{{"type", "ReplicaFailure"}, {"status", "True"}, {"message", "exceeded quota"}}})}};
  put(deployments, deployment);
  put(services, make_service(service, "abc"));
  put(policies, make_network_policy(service, {}));
  put(policies, make_egress_policy(service, "abc", Json::array()));
  const Observed observed = look();
  const Deployment* found = observed.deployment("abc");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->wanted, 2);
  EXPECT_EQ(found->existing, 2);
  EXPECT_EQ(found->ready, 1);
  EXPECT_EQ(found->failure, "exceeded quota");
  EXPECT_EQ(serving_revision(observed.service), "abc");
  EXPECT_NE(observed.policy, nullptr);
  EXPECT_NE(observed.egress_of("abc"), nullptr);
  EXPECT_EQ(observed.egress_of("abd"), nullptr);
  EXPECT_EQ(found->egress, R"([{"ports":[{"port":53,"protocol":"UDP"},)"
                           R"({"port":53,"protocol":"TCP"},{"port":5353,"protocol":"UDP"},)"
                           R"({"port":5353,"protocol":"TCP"},{"port":8053,"protocol":"UDP"},)"
                           R"({"port":8053,"protocol":"TCP"}]}])");
}

TEST_F(ObserveTest, LeavesOutWhatANamesakeOwned) {
  crds::ModelService earlier = service;
  earlier.meta.uid = base::Uid("u0");
  put(deployments, make_deployment(earlier, {"s3://m/1", "", ""}, "abc", 2, {}));
  put(services, make_service(earlier, "abc"));
  put(policies, make_network_policy(earlier, {}));
  put(policies, make_egress_policy(earlier, "abc", Json::array()));
  const Observed observed = look();
  EXPECT_TRUE(observed.deployments.empty());
  EXPECT_EQ(observed.service, nullptr);
  EXPECT_EQ(observed.policy, nullptr);
  EXPECT_TRUE(observed.egress.empty());
  EXPECT_EQ(serving_revision(observed.service), "");
}

TEST_F(ObserveTest, TakesNoDeploymentWhoseOwnerSomebodyForged) {
  Json of_another_namespace = make_deployment(service, {"s3://m/1", "", ""}, "abc", 2, {});
  of_another_namespace["metadata"]["namespace"] = "stranger";
  put(deployments, of_another_namespace);
  Json of_another_name = make_deployment(service, {"s3://m/1", "", ""}, "abc", 2, {});
  of_another_name["metadata"]["name"] = "cuckoo";
  put(deployments, of_another_name);
  Json of_no_controller = make_deployment(service, {"s3://m/1", "", ""}, "abc", 2, {});
  of_no_controller["metadata"]["ownerReferences"][0]["controller"] = false;
  put(deployments, of_no_controller);
  EXPECT_TRUE(look().deployments.empty());
}

TEST_F(ObserveTest, PodsThatGoAwayDoNotCount) {
  const kube::Texts kOfDigits{{"cresset.dev/model-service", "digits"}};
  Pod pod;
  pod.meta = {.ns = "team", .name = "a", .labels = kOfDigits};
  pods.put(std::make_shared<Pod>(pod));
  pod.meta.name = "b";
  pod.meta.deleted = base::WallTime{};
  pods.put(std::make_shared<Pod>(pod));
  pod.meta = {.ns = "other", .name = "c", .labels = kOfDigits};
  pods.put(std::make_shared<Pod>(pod));
  ASSERT_EQ(look().pods.size(), 1u);
  EXPECT_EQ(look().pods[0]->meta.name, "a");
}

TEST(Covers, TellsWhetherAnObjectHoldsWhatIsWanted) {
  EXPECT_TRUE(covers({{"a", 1}, {"b", 2}}, {{"a", 1}}));
  EXPECT_FALSE(covers({{"a", 1}}, {{"a", 2}}));
  EXPECT_FALSE(covers({{"a", 1}}, {{"b", 1}}));
  EXPECT_FALSE(covers(Json::array({1}), Json::array({1, 2})));
  EXPECT_FALSE(covers(Json(nullptr), Json::object()));
  EXPECT_TRUE(covers({{"a", 1}}, {{"a", 1}, {"b", nullptr}}));
  EXPECT_FALSE(covers({{"a", 1}, {"b", 2}}, {{"a", 1}, {"b", nullptr}}));
  EXPECT_TRUE(
      covers(Json::array({{{"port", 1}, {"protocol", "TCP"}}}), Json::array({{{"port", 1}}})));
}

}  // namespace
}  // namespace cresset::controllers::model_service::observe_test
