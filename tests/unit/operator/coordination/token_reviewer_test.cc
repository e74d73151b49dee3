#include "operator/coordination/token_reviewer.h"

#include <gtest/gtest.h>

#include "tests/unit/operator/coordination/review_api.h"

namespace cresset::coordination {
namespace {

class Reviewer : public ::testing::Test {
 protected:
  Reviewer() {
    api_.tokens = {{"worker", {"system:serviceaccount:team:default", "digits-0", "uid-0"}},
                   {"elsewhere", {"system:serviceaccount:team:default", "p", "u", "vault"}},
                   {"person", {"alice"}},
                   {"unbound", {"system:serviceaccount:team:robot"}}};
  }
  ReviewApi api_;
  base::ManualClock clock_;
};

TEST_F(Reviewer, TellsThePodThatATokenIsBoundTo) {
  TokenReviewer reviewer(api_, clock_);
  const auto caller = reviewer.review("worker");
  ASSERT_TRUE(caller);
  EXPECT_EQ(*caller, (Caller{"team", "default", "digits-0", base::Uid("uid-0")}));
  EXPECT_EQ(reviewer.review("unbound")->pod_name, "");
}

TEST_F(Reviewer, RefusesUnknownTokensOtherAudiencesAndPeople) {
  TokenReviewer reviewer(api_, clock_);
  for (const char* token : {"unknown", "elsewhere", "person"}) {
    const auto caller = reviewer.review(token);
    ASSERT_FALSE(caller) << token;
    EXPECT_TRUE(base::is_unauthorized(caller.error())) << caller.error().message();
  }
}

TEST_F(Reviewer, RefusesAnAnswerThatDoesNotNameOurAudience) {
  const auto caller =
      decode_review({{"status",
                      {{"authenticated", true},
                       {"user", {{"username", "system:serviceaccount:team:default"}}}}}});
  ASSERT_FALSE(caller);
  EXPECT_NE(caller.error().message().find("audience"), std::string::npos);
}

TEST_F(Reviewer, KeepsAGoodAnswerForAMinuteAndABadOneForSeconds) {
  TokenReviewer reviewer(api_, clock_);
  EXPECT_TRUE(reviewer.review("worker"));
  EXPECT_FALSE(reviewer.review("unknown"));
  EXPECT_TRUE(reviewer.review("worker"));
  EXPECT_FALSE(reviewer.review("unknown"));
  EXPECT_EQ(api_.reviews(), 2);
  clock_.advance(std::chrono::seconds(6));
  EXPECT_TRUE(reviewer.review("worker"));
  EXPECT_FALSE(reviewer.review("unknown"));
  EXPECT_EQ(api_.reviews(), 3);
  clock_.advance(std::chrono::seconds(60));
  EXPECT_TRUE(reviewer.review("worker"));
  EXPECT_EQ(api_.reviews(), 4);
}

TEST_F(Reviewer, AnApiServerThatIsAwayIsNoRefusalAndIsNotKept) {
  TokenReviewer reviewer(api_, clock_);
  api_.set_down(true);
  const auto caller = reviewer.review("worker");
  ASSERT_FALSE(caller);
  EXPECT_TRUE(base::is_retryable(caller.error()));
  api_.set_down(false);
  EXPECT_TRUE(reviewer.review("worker"));
}

TEST_F(Reviewer, RemembersNoMoreThanItsBound) {
  TokenReviewer reviewer(api_, clock_, {.max_entries = 10});
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(reviewer.review("token" + std::to_string(i)));
  EXPECT_LE(reviewer.remembered(), 10U);
}

TEST(BearerToken, IsTakenFromTheHeader) {
  EXPECT_EQ(*bearer_token("Bearer abc"), "abc");
  for (const std::string& header : {std::string(), std::string("Bearer "), std::string("Basic abc"),
                                    "Bearer " + std::string(20000, 'a')}) {
    const auto token = bearer_token(header);
    ASSERT_FALSE(token);
    EXPECT_TRUE(base::is_unauthorized(token.error()));
  }
}

}  // namespace
}  // namespace cresset::coordination
