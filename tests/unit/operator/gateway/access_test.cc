#include "operator/gateway/access.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "operator/base/digest.h"

namespace cresset::gateway {
namespace {

RoutePtr a_route(AccessMode mode, std::vector<std::string> keys = {}) {
  auto route = std::make_shared<Route>();
  route->key = {"team", "digits"};
  route->access = mode;
  route->key_hashes = std::move(keys);
  return route;
}

class AccessTest : public testing::Test {
 protected:
  base::Result<void> check(const RoutePtr& route, std::string_view authorization) {
    std::promise<base::Result<void>> verdict;
    access_.check(route, authorization,
                  [&](base::Result<void> v) { verdict.set_value(std::move(v)); });
    return verdict.get_future().get();
  }

  base::ManualClock clock_;
  std::atomic<int> reviews_{0};
  std::atomic<bool> away_{false};
  Access access_{[this](const std::string& token) -> base::Result<std::string> {
                   ++reviews_;
                   if (away_) return base::fail(base::unavailable("the API server is away"));
                   if (token == "good") return "team";
                   if (token == "stranger") return "elsewhere";
                   return base::fail(base::unauthorized("the token is not valid"));
                 },
                 clock_};
};

TEST_F(AccessTest, AnOpenServiceAnswersEverybody) {
  EXPECT_TRUE(check(a_route(AccessMode::kOpen), ""));
  EXPECT_EQ(reviews_, 0);
}

TEST_F(AccessTest, WithoutATokenTheWordsSayHowToGetOne) {
  const auto verdict = check(a_route(AccessMode::kNamespace), "");
  ASSERT_FALSE(verdict);
  EXPECT_TRUE(base::is_unauthorized(verdict.error()));
  EXPECT_NE(
      verdict.error().message().find("kubectl create token default --audience cresset -n team"),
      std::string::npos);
}

TEST_F(AccessTest, ATokenOfTheNamespaceIsReviewedOnceInAMinute) {
  const auto route = a_route(AccessMode::kNamespace);
  EXPECT_TRUE(check(route, "Bearer good"));
  EXPECT_TRUE(check(route, "Bearer good"));
  EXPECT_EQ(reviews_, 1);
  clock_.advance(std::chrono::seconds(61));
  EXPECT_TRUE(check(route, "Bearer good"));
  EXPECT_EQ(reviews_, 2);
}

TEST_F(AccessTest, ATokenOfAnotherNamespaceIsForbiddenAndBothAreNamed) {
  const auto verdict = check(a_route(AccessMode::kNamespace), "Bearer stranger");
  ASSERT_FALSE(verdict);
  EXPECT_TRUE(base::is_forbidden(verdict.error()));
  EXPECT_NE(verdict.error().message().find("elsewhere"), std::string::npos);
  EXPECT_NE(verdict.error().message().find("team"), std::string::npos);
}

TEST_F(AccessTest, AnApiServerThatIsAwayIsAskedAgainTheNextTime) {
  away_ = true;
  const auto route = a_route(AccessMode::kNamespace);
  EXPECT_EQ(check(route, "Bearer good").error().kind(), base::ErrorKind::kUnavailable);
  away_ = false;
  EXPECT_TRUE(check(route, "Bearer good"));
}

TEST_F(AccessTest, AKeyIsKnownByItsHashOnly) {
  const auto route = a_route(AccessMode::kKeys, {base::sha256("secret")});
  EXPECT_TRUE(check(route, "Bearer secret"));
  EXPECT_TRUE(base::is_unauthorized(check(route, "Bearer other").error()));
  EXPECT_TRUE(base::is_unauthorized(check(route, "").error()));
}

}  // namespace
}  // namespace cresset::gateway
