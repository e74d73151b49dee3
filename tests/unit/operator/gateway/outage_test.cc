// A gateway whose API server is away for longer than readiness waits, on a clock that a test moves.
#include <gmock/gmock.h>

#include <thread>

#include "operator/gateway/gateway.h"
#include "tests/support/fake_api.h"

namespace cresset::gateway::outage_test {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

class GatewayInAnOutage : public ::testing::Test {
 protected:
  GatewayInAnOutage() {
    api_.seed(kube::kModelServices, {{"metadata", {{"namespace", "team"}, {"name", "digits"}}},
                                     {"spec", {{"access", {{"mode", "Keys"}}}}},
                                     {"status", {{"revision", "1"}}}});
    gateway_ = std::make_unique<Gateway>(
        GatewayOptions{.address = "127.0.0.1", .port = 0, .ns = "system"}, api_,
        [](const std::string& token) -> base::Result<std::string> { return token; }, clock_,
        metrics_, base::silent());
    running_ = std::jthread([this](std::stop_token stop) { EXPECT_TRUE(gateway_->run(stop)); });
    EXPECT_TRUE(api_.wait_for([this] { return gateway_->port() != 0; }));
  }
  net::Response get(const std::string& path) {
    auto answer =
        client_.send({.url = "http://127.0.0.1:" + std::to_string(gateway_->port()) + path});
    return answer ? *answer : net::Response{.status = 0, .body = answer.error().message()};
  }
  // Moves the clock until `ready`, as real waiting would.
  bool in_time(const std::function<bool()>& ready) {
    return api_.wait_for([&] {
      if (ready()) return true;
      clock_.advance(1s);
      return false;
    });
  }

  testing::FakeApi api_;
  base::ManualClock clock_;
  base::Metrics metrics_;
  net::HttpClient client_;
  std::unique_ptr<Gateway> gateway_;
  std::jthread running_;
};

TEST_F(GatewayInAnOutage, SaysSoAndStaysReadyForItRoutesOnAsItKnew) {
  ASSERT_TRUE(api_.wait_for([&] { return get("/readyz").body == "ok\n"; }));
  api_.set_fault([](const testing::FakeApi::Call&) { return base::unavailable("no answer"); });
  clock_.advance(2s);
  api_.end_watches();
  ASSERT_TRUE(in_time([&] { return get("/readyz").body != "ok\n"; }));
  const auto told = get("/readyz");
  EXPECT_EQ(told.status, 200);
  EXPECT_THAT(told.body, HasSubstr("the API server has served no list or watch of "));
  EXPECT_THAT(told.body, HasSubstr("last: no answer"));
  EXPECT_EQ(get("/team/digits/v2/x").status, 401) << "it is known, and wants a key";
  api_.set_fault({});
  EXPECT_TRUE(in_time([&] { return get("/readyz").body == "ok\n"; }));
}

}  // namespace
}  // namespace cresset::gateway::outage_test
