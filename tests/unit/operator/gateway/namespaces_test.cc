// A gateway told to serve some namespaces alone, over an API server in memory.
#include <gmock/gmock.h>

#include <atomic>
#include <set>
#include <thread>

#include "operator/gateway/gateway.h"
#include "tests/support/fake_api.h"

namespace cresset::gateway::namespaces_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class GatewayOfNamespaces : public ::testing::Test {
 protected:
  GatewayOfNamespaces() {
    for (const char* ns : {"one", "two", "elsewhere"}) {
      api_.seed(kube::kNamespaces, {{"metadata", {{"name", ns}}}});
      api_.seed(kube::kModelServices, {{"metadata", {{"namespace", ns}, {"name", "digits"}}},
                                       {"spec", {{"access", {{"mode", "Keys"}}}}},
                                       {"status", {{"revision", "1"}}}});
    }
    api_.set_fault([this](const testing::FakeApi::Call& call) -> std::optional<base::Error> {
      if (call.key.ns == "two" && two_is_refused_)
        return base::forbidden("cannot " + call.verb + " " + call.resource.plural + " in two");
      return std::nullopt;
    });
  }
  void run(std::vector<std::string> namespaces) {
    gateway_ = std::make_unique<Gateway>(
        GatewayOptions{
            .address = "127.0.0.1", .port = 0, .ns = "system", .namespaces = std::move(namespaces)},
        api_, [](const std::string& token) -> base::Result<std::string> { return token; }, clock_,
        metrics_, base::silent());
    running_ = std::jthread([this](std::stop_token stop) { EXPECT_TRUE(gateway_->run(stop)); });
    EXPECT_TRUE(api_.wait_for([this] { return gateway_->port() != 0; }));
  }
  net::Response get(const std::string& path) {
    auto answer =
        client_.send({.url = "http://127.0.0.1:" + std::to_string(gateway_->port()) + path});
    return answer ? *answer : net::Response{.status = 0, .body = answer.error().message()};
  }
  bool wait_for_status(const std::string& path, int status) {
    return api_.wait_for([&] { return get(path).status == status; });
  }

  testing::FakeApi api_;
  base::SystemClock clock_;
  base::Metrics metrics_;
  net::HttpClient client_;
  std::atomic<bool> two_is_refused_ = false;
  std::unique_ptr<Gateway> gateway_;
  std::jthread running_;
};

TEST_F(GatewayOfNamespaces, ServesThoseAndSaysSoOfOthers) {
  run({"one", "two"});
  ASSERT_TRUE(api_.wait_for([&] { return get("/readyz").body == "ok\n"; }));
  EXPECT_EQ(get("/one/digits/v2/x").status, 401) << "it is known, and wants a key";
  EXPECT_EQ(get("/two/digits/v2/x").status, 401);
  const auto elsewhere = get("/elsewhere/digits/v2/x");
  EXPECT_EQ(elsewhere.status, 404);
  EXPECT_THAT(elsewhere.body, HasSubstr("does not serve namespace \\\"elsewhere\\\""));
  EXPECT_THAT(elsewhere.body, Not(HasSubstr("two"))) << "strangers are not told who else is here";
  std::set<std::string> watched;
  for (const auto& call : api_.calls("watch")) watched.insert(call.key.ns);
  EXPECT_EQ(watched, (std::set<std::string>{"one", "system", "two"}));
}

TEST_F(GatewayOfNamespaces, OneThatIsRefusedIsNamedAndTakesTheGatewayFromNobodyElse) {
  two_is_refused_ = true;
  run({"one", "two"});
  ASSERT_TRUE(wait_for_status("/readyz", 200));
  EXPECT_TRUE(api_.wait_for([&] {
    return get("/readyz").body.find("cannot watch modelservices in two") != std::string::npos;
  }));
  EXPECT_EQ(get("/one/digits/v2/x").status, 401);
  EXPECT_EQ(get("/one/nothing/v2/x").status, 404);
  EXPECT_EQ(get("/two/digits/v2/x").status, 503) << "whether it is there cannot be known";
}

TEST_F(GatewayOfNamespaces, ThatIsRefusedItsOnlyOneIsNotReady) {
  two_is_refused_ = true;
  run({"two"});
  ASSERT_TRUE(api_.wait_for([&] {
    return get("/readyz").body.find("cannot watch modelservices in two") != std::string::npos;
  }));
  EXPECT_EQ(get("/readyz").status, 503);
}

}  // namespace
}  // namespace cresset::gateway::namespaces_test
