// A gateway told to serve some namespaces alone, over an API server in memory.
#include <atomic>
#include <set>

#include "tests/unit/operator/gateway/gateway_fixture.h"

namespace cresset::gateway::namespaces_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class GatewayOfNamespaces : public GatewayFixture {
 protected:
  GatewayOfNamespaces() {
    for (const char* ns : {"one", "two", "elsewhere"}) {
      api_.seed(kube::kNamespaces, {{"metadata", {{"name", ns}}}});
      add_service({ns, "digits"}, "Keys");
    }
    api_.set_fault([this](const testing::FakeApi::Call& call) -> std::optional<base::Error> {
      if (call.key.ns == "two" && two_is_refused_)
        return base::forbidden("cannot " + call.verb + " " + call.resource.plural + " in two");
      return std::nullopt;
    });
  }
  ~GatewayOfNamespaces() override { stop(); }

  void run(std::vector<std::string> namespaces) {
    start({.ns = "system", .namespaces = std::move(namespaces)});
  }
  bool wait_for_status(const std::string& path, int status) {
    return api_.wait_for([&] { return get(path).status == status; });
  }

  std::atomic<bool> two_is_refused_ = false;
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
