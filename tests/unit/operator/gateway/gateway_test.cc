#include "operator/gateway/gateway.h"

#include <algorithm>
#include <atomic>
#include <future>

#include "crds/worker_contract/names.h"
#include "tests/support/raw_server.h"
#include "tests/unit/operator/gateway/gateway_fixture.h"

namespace cresset::gateway {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

// Of the service of that name in team: one replica at 127.0.0.1.
base::Json slice(const std::string& service, uint16_t port) {
  return {{"metadata",
           {{"namespace", "team"},
            {"name", service + "-x"},
            {"labels", {{worker_contract::kServiceLabel, service}}}}},
          {"addressType", "IPv4"},
          {"ports", {{{"port", port}}}},
          {"endpoints", {{{"addresses", {"127.0.0.1"}}}}}};
}

// With one replica, whose slice a test adds.
class GatewayTest : public GatewayFixture {
 protected:
  GatewayTest() {
    EXPECT_TRUE(replica_.start());
    add_service({"team", "open"}, "Open");
    add_service({"team", "private"}, "Namespace");
  }
  ~GatewayTest() override { stop(); }

  void add_replica(const std::string& name) {
    api_.seed(kube::kEndpointSlices, slice(name, replica_.port()));
  }
  void run(GatewayOptions options = {}) {
    start(std::move(options));
    EXPECT_TRUE(api_.wait_for([this] { return get("/readyz").status == 200; }));
  }
  void wait_for_waiting(int count) {
    const std::string line = "\ncresset_gateway_waiting_requests " + std::to_string(count) + "\n";
    EXPECT_TRUE(
        api_.wait_for([&] { return get("/metrics").body.find(line) != std::string::npos; }));
  }

  net::HttpServer replica_{
      {}, [](net::ServerRequest request, net::Reply reply) {
        if (request.path == "/load") return reply({.body = R"({"ready":true})"});
        reply({.content_type = "application/json",
               .body = request.method + " " + request.target + " " + request.body});
      }};
};

TEST_F(GatewayTest, ThePrefixIsStrippedAndTheRestPassedOn) {
  add_replica("open");
  run();
  const auto answer =
      ask({.method = "POST", .url = "/team/open/v2/models/open/infer?x=%20", .body = "{}"});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "POST /v2/models/open/infer?x=%20 {}");
  EXPECT_EQ(*net::find_header(answer.headers, "content-type"), "application/json");
  EXPECT_EQ(get("/team/open/v1/models/open").body, "GET /v1/models/open ");
}

TEST_F(GatewayTest, AnUnknownServiceIs404WithItsName) {
  run();
  const auto answer = get("/team/nothing/v2/health/ready");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.body, R"({"error":"there is no ModelService \"nothing\" in namespace \"team\"; )"
                         R"(kubectl get modelservices -n team lists those that are there"})");
  EXPECT_EQ(get("/elsewhere").status, 404);
}

TEST_F(GatewayTest, ARequestWaitsUntilAReplicaAppears) {
  run();
  auto answer = std::async(std::launch::async, [&] { return get("/team/open/v2/x"); });
  wait_for_waiting(1);
  add_replica("open");
  EXPECT_EQ(answer.get().body, "GET /v2/x ");
  wait_for_waiting(0);
}

TEST_F(GatewayTest, OnlyTokensOfTheNamespaceEnterAPrivateService) {
  add_replica("private");
  run();
  const std::string path = "/team/private/v2/x";
  const auto without = get(path);
  EXPECT_EQ(without.status, 401);
  EXPECT_THAT(without.body, HasSubstr("kubectl create token default --audience cresset -n team"));
  const auto foreign = get(path, {{"Authorization", "Bearer other"}});
  EXPECT_EQ(foreign.status, 403);
  EXPECT_THAT(foreign.body, HasSubstr("other"));
  EXPECT_EQ(get(path, {{"Authorization", "Bearer broken"}}).status, 401);
  EXPECT_EQ(get(path, {{"Authorization", "Bearer team"}}).body, "GET /v2/x ");
}

TEST_F(GatewayTest, AServiceThatIsMadeLaterIsServedAndADeletedOneForgotten) {
  run();
  add_service({"team", "late"}, "Open");
  add_replica("late");
  EXPECT_TRUE(api_.wait_for([&] { return get("/team/late/v2/x").status == 200; }));
  api_.erase(kube::kModelServices, {"team", "late"});
  EXPECT_TRUE(api_.wait_for([&] { return get("/team/late/v2/x").status == 404; }));
}

TEST_F(GatewayTest, ABodyOverTheServicesOrTheGatewaysLimitIs413WithTheLimitAndItsOwner) {
  add_replica("open");
  auto modest = service({"team", "modest"}, "Open");
  modest["spec"]["maxRequestBytes"] = 1024;
  api_.seed(kube::kModelServices, modest);
  add_replica("modest");
  run({.max_request_bytes = 3000});
  const auto post = [this](const std::string& name, size_t size) {
    return ask(
        {.method = "POST", .url = "/team/" + name + "/v2/x", .body = std::string(size, 'x')});
  };
  EXPECT_EQ(post("modest", 1024).status, 200);
  EXPECT_EQ(post("open", 3000).status, 200);
  const auto services = post("modest", 1025);
  EXPECT_EQ(services.status, 413);
  EXPECT_THAT(services.body, HasSubstr("1024 bytes, which is spec.maxRequestBytes of the "
                                       "ModelService team/modest"));
  const auto gateways = post("open", 3001);
  EXPECT_EQ(gateways.status, 413);
  EXPECT_THAT(gateways.body, HasSubstr("3000 bytes, which is the gateway's --max-request-bytes"));

  modest["spec"]["maxRequestBytes"] = 2048;
  api_.seed(kube::kModelServices, modest);
  EXPECT_TRUE(api_.wait_for([&] { return post("modest", 2048).status == 200; }));
  EXPECT_EQ(post("modest", 2049).status, 413);
}

TEST_F(GatewayTest, AnAnswerOverItsOwnLimitIs502WithTheLimit) {
  add_replica("open");
  run({.max_request_bytes = 3000, .max_answer_bytes = 2000});
  const auto echoed = [this](size_t size) {
    return ask({.method = "POST", .url = "/team/open/v2/x", .body = std::string(size, 'x')});
  };
  EXPECT_EQ(echoed(1900).status, 200);
  const auto refused = echoed(2500);
  EXPECT_EQ(refused.status, 502);
  EXPECT_THAT(refused.body, HasSubstr("over the limit of 2000 bytes"));
}

TEST_F(GatewayTest, HealthAndMetricsAreServed) {
  add_replica("open");
  run();
  EXPECT_EQ(get("/healthz").status, 200);
  get("/team/open/v2/x");
  const std::string told = get("/metrics").body;
  for (const char* line :
       {R"(cresset_gateway_requests_total{code="200",namespace="team",service="open"} 1)",
        R"(cresset_informer_synced{resource="modelservices"} 1)",
        R"(cresset_informer_synced{resource="endpointslices"} 1)"})
    EXPECT_THAT(told, HasSubstr(line));
}

TEST_F(GatewayTest, NamesThatStrangersInventMakeNoMetric) {
  run();
  const auto before = get("/metrics").body;
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(get("/team/invented-" + std::to_string(i) + "/v2/x").status, 404);
  const auto after = get("/metrics").body;
  EXPECT_THAT(after, ::testing::Not(HasSubstr("invented")));
  EXPECT_EQ(std::count(after.begin(), after.end(), '\n'),
            std::count(before.begin(), before.end(), '\n'));
}

TEST_F(GatewayTest, StopAnswersWhatWaits) {
  run();
  auto answer = std::async(std::launch::async, [&] { return get("/team/open/v2/x"); });
  wait_for_waiting(1);
  stop();
  const auto last = answer.get();
  EXPECT_EQ(last.status, 503);
  EXPECT_THAT(last.body, HasSubstr("the gateway is stopping"));
}

// Its clock stands still, so that nothing is asked in turn.
class GatewayAtOneMoment : public GatewayFixture {
 protected:
  GatewayAtOneMoment() : GatewayFixture(true) {}
  ~GatewayAtOneMoment() override { stop(); }
};

TEST_F(GatewayAtOneMoment, AReplicaThatBrokeOneConnectionIsAskedAndUsedAgainAtOnce) {
  std::atomic<int> left_to_break = 1;
  testing::RawServer replica([&](testing::RawServer::Connection& peer, const std::string& request) {
    if (request.starts_with("GET /load "))
      return peer.write(testing::RawServer::answer(200, R"({"ready":true})"));
    return left_to_break-- <= 0 && peer.write(testing::RawServer::answer(200, "{}"));
  });
  add_service({"team", "open"}, "Open");
  api_.seed(kube::kEndpointSlices, slice("open", replica.port()));
  start({});
  ASSERT_TRUE(api_.wait_for([this] { return get("/readyz").status == 200; }));
  // A GET over the connection that a poll left open would be sent once more by the client itself.
  const net::Request infer{.method = "POST", .url = "/team/open/v2/x", .body = "{}"};
  EXPECT_EQ(ask(infer).status, 502);
  EXPECT_EQ(ask(infer).status, 200);
  stop();
}

}  // namespace
}  // namespace cresset::gateway
