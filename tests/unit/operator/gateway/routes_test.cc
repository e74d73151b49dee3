#include "operator/gateway/routes.h"

#include <gtest/gtest.h>

namespace cresset::gateway {
namespace {

using base::Json;

Json a_slice(Json endpoints) {
  return {{"metadata",
           {{"name", "digits-x"},
            {"namespace", "ns"},
            {"labels", {{"cresset.dev/model-service", "digits"}}}}},
          {"addressType", "IPv4"},
          {"ports", {{{"port", 8080}}}},
          {"endpoints", std::move(endpoints)}};
}

TEST(Routes, APathIsTakenApartIntoServiceAndProtocolPath) {
  const auto target = split_target("/ns/digits/v2/models/digits/infer?x=1");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->key, (kube::ObjectKey{"ns", "digits"}));
  EXPECT_EQ(target->rest, "/v2/models/digits/infer?x=1");
  EXPECT_EQ(split_target("/ns/digits/v2")->rest, "/v2");
}

TEST(Routes, APathOfAnotherShapeIsNoTarget) {
  for (const char* path : {"", "/", "/ns", "/ns/digits", "/ns/digits/", "/ns/digits/v3/x",
                           "/ns/digits/v22", "//digits/v2", "/ns//v2", "/healthz", "ns/digits/v2"})
    EXPECT_FALSE(split_target(path)) << path;
}

TEST(Routes, OnlyReadyEndpointsAreRouted) {
  const auto slice =
      decode_slice(a_slice({{{"addresses", {"10.0.0.1"}}, {"conditions", {{"ready", true}}}},
                            {{"addresses", {"10.0.0.2"}}, {"conditions", {{"ready", false}}}},
                            {{"addresses", {"10.0.0.3"}}}}));
  ASSERT_TRUE(slice);
  EXPECT_EQ(slice->service, "digits");
  EXPECT_EQ(slice->addresses, (std::vector<std::string>{"10.0.0.1:8080", "10.0.0.3:8080"}));
}

TEST(Routes, TheAccessModeIsTheNamespaceUnlessTheSpecSaysElse) {
  EXPECT_EQ(decode_service(Json::object())->access, AccessMode::kNamespace);
  const Json open{{"spec", {{"access", {{"mode", "Open"}}}}}};
  EXPECT_EQ(decode_service(open)->access, AccessMode::kOpen);
  const Json odd{{"spec", {{"access", {{"mode", "Whatever"}}}}}};
  EXPECT_EQ(decode_service(odd)->access, AccessMode::kNamespace);
}

TEST(Routes, TheLimitOfABodyIsTheServicesOwnWithinTheGateways) {
  Backends backends;
  const auto route_with = [&](const Json& spec) {
    const Json object{{"metadata", {{"namespace", "ns"}, {"name", "digits"}}}, {"spec", spec}};
    return make_route(*decode_service(object), {}, backends);
  };
  const auto small = body_limit(route_with({{"maxRequestBytes", 2000}}).get(), 5000);
  EXPECT_EQ(small.bytes, 2000u);
  EXPECT_EQ(small.whose, "spec.maxRequestBytes of the ModelService ns/digits");
  const auto large = body_limit(route_with({{"maxRequestBytes", 9000}}).get(), 5000);
  EXPECT_EQ(large.bytes, 5000u);
  EXPECT_EQ(large.whose, "the gateway's --max-request-bytes");
  EXPECT_EQ(body_limit(nullptr, 5000).bytes, 5000u);
  EXPECT_EQ(body_limit(route_with(Json::object()).get(), 1 << 30).bytes, size_t{16} << 20);
}

TEST(Routes, ABackendKeepsItsCountWhenTheRouteIsMadeAnew) {
  Backends backends;
  ServiceView service;
  service.meta.name = "digits";
  auto slice = std::make_shared<SliceView>();
  slice->addresses = {"10.0.0.1:8080"};
  const auto before = make_route(service, {slice}, backends);
  before->backends[0]->in_flight = 7;
  const auto after = make_route(service, {slice}, backends);
  EXPECT_EQ(after->backends[0]->in_flight, 7);
}

TEST(Routes, TheBoardForgetsADeletedService) {
  RouteBoard board;
  auto route = std::make_shared<Route>();
  route->key = {"ns", "digits"};
  board.put(route);
  EXPECT_EQ(board.find({"ns", "digits"}), route);
  board.erase({"ns", "digits"});
  EXPECT_EQ(board.find({"ns", "digits"}), nullptr);
}

}  // namespace
}  // namespace cresset::gateway
