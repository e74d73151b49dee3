// Two clients as the operator has them: one for everything, one for its lease alone.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "operator/kube/client/client.h"
#include "operator/kube/core/lease.h"
#include "tests/support/raw_server.h"

namespace cresset::kube {
namespace {

using testing::RawServer;

const ObjectKey kLease{"team", "leader"};

class LeaseCalls : public ::testing::Test {
 protected:
  Client client(const RawServer& server, ClientOptions options) {
    options.clock = &clock_;
    return Client({.server = server.url()}, base::silent(), options);
  }
  base::Json lease() { return {{"metadata", {{"name", "leader"}, {"namespace", "team"}}}}; }

  base::ManualClock clock_;  // stands still: who waits for it waits for ever
};

TEST_F(LeaseCalls, AreAnsweredInTimeWhileAllElseIsThrottledOrHangs) {
  constexpr int kCalls = 32;
  std::atomic<int> stuck = 0;
  RawServer server([&](RawServer::Connection& peer, const std::string& request) {
    if (request.find("/leases/") != std::string::npos)
      return peer.write(RawServer::answer(200, "{}"));
    if (stuck++ % 2 == 0)
      return peer.write(
          RawServer::answer(429, R"({"message": "slow down"})", "Retry-After: 5\r\n"));
    peer.wait_for_close();
    return false;
  });
  Client all = client(server, {});
  Client leases = client(server, {.waits = 0});
  std::vector<std::jthread> calls;
  for (int i = 0; i < kCalls; ++i)
    calls.emplace_back([&] {
      const auto pod = all.get(kPods, {"team", "web-0"});
      EXPECT_TRUE(!pod && (base::is_cancelled(pod.error()) ||
                           pod.error().kind() == base::ErrorKind::kExhausted));
    });
  while (stuck < kCalls) std::this_thread::yield();
  for (int i = 0; i < 10; ++i) {
    const auto renewed = leases.replace(kLeases, kLease, lease());
    EXPECT_TRUE(renewed) << renewed.error().message();
  }
  all.interrupt();
}

TEST_F(LeaseCalls, ThatAreThrottledComeBackAtOnce) {
  RawServer server([](RawServer::Connection& peer, const std::string&) {
    return peer.write(RawServer::answer(429, R"({"message": "slow down"})", "Retry-After: 5\r\n"));
  });
  Client leases = client(server, {.waits = 0});
  for (const auto& answer :
       {leases.get(kLeases, kLease), leases.replace(kLeases, kLease, lease())}) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind(), base::ErrorKind::kExhausted);
  }
  EXPECT_EQ(server.requests().size(), 2U);
}

}  // namespace
}  // namespace cresset::kube
