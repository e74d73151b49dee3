// A gateway whose API server is away for longer than readiness waits, on a clock that a test moves.
#include "tests/unit/operator/gateway/gateway_fixture.h"

namespace cresset::gateway::outage_test {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

class GatewayInAnOutage : public GatewayFixture {
 protected:
  GatewayInAnOutage() : GatewayFixture(true) {
    add_service({"team", "digits"}, "Keys");
    start({.ns = "system"});
  }
  // Moves the clock until `ready`, as real waiting would.
  bool in_time(const std::function<bool()>& ready) {
    return api_.wait_for([&] {
      if (ready()) return true;
      manual_.advance(1s);
      return false;
    });
  }
};

TEST_F(GatewayInAnOutage, SaysSoAndStaysReadyForItRoutesOnAsItKnew) {
  ASSERT_TRUE(api_.wait_for([&] { return get("/readyz").body == "ok\n"; }));
  api_.set_fault([](const testing::FakeApi::Call&) { return base::unavailable("no answer"); });
  manual_.advance(2s);
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
