#include "operator/runtime/sync_policy.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <vector>

namespace cresset::runtime::sync_policy_test {
namespace {

using namespace std::chrono_literals;
using Ask = SyncPolicy::Ask;

const base::MonoTime kNow;

SyncPolicy synced_at(const std::string& version) {
  SyncPolicy policy;
  policy.synced(version);
  return policy;
}

TEST(SyncPolicies, BeginWithAStreamOfTheNewestAndGoOnAsAWatch) {
  SyncPolicy policy;
  EXPECT_EQ(policy.next(), Ask::kStream);
  EXPECT_EQ(policy.version(), "");
  policy.synced("7");
  EXPECT_EQ(policy.next(), Ask::kWatch);
  EXPECT_EQ(policy.version(), "7");
  policy.saw("9");
  policy.saw("");
  EXPECT_EQ(policy.version(), "9");
}

TEST(SyncPolicies, TakeASmallerNumberForThePastAndNothingElse) {
  const SyncPolicy policy = synced_at("100");
  for (const char* past : {"99", "1", "099"})
    EXPECT_EQ(policy.is_past(past), past[0] != '0') << past;
  for (const char* not_past : {"100", "101", "1000", "", "9x", "-1"})
    EXPECT_FALSE(policy.is_past(not_past)) << not_past;
  EXPECT_FALSE(synced_at("abc").is_past("7")) << "a version that is no number has no past";
  EXPECT_FALSE(SyncPolicy().is_past("7"));
}

TEST(SyncPolicies, ListAtOnceWhereAStreamIsRefused) {
  for (const auto& refusal : {base::invalid("sendInitialEvents: Forbidden"),
                              base::unsupported("no end"), base::too_large("an event")}) {
    SyncPolicy policy;
    EXPECT_TRUE(policy.failed(refusal, kNow)) << refusal.message();
    EXPECT_EQ(policy.next(), Ask::kList);
  }
}

TEST(SyncPolicies, ListAfterAWaitWhereAStreamFails) {
  for (const auto& error : {base::forbidden("cannot watch"), base::unavailable("500"),
                            base::timed_out("504"), base::internal("odd")}) {
    SyncPolicy policy;
    EXPECT_FALSE(policy.failed(error, kNow)) << error.message();
    EXPECT_EQ(policy.next(), Ask::kList);
    EXPECT_FALSE(policy.failed(error, kNow)) << error.message();
    EXPECT_EQ(policy.next(), Ask::kStream) << "neither way alone may hold it up for ever";
  }
}

TEST(SyncPolicies, AskAThrottledServerTheSameAgain) {
  SyncPolicy policy;
  EXPECT_FALSE(policy.failed(base::exhausted("429"), kNow));
  EXPECT_EQ(policy.next(), Ask::kStream);
}

TEST(SyncPolicies, TryTheStreamAgainAtTheNextBeginning) {
  SyncPolicy policy;
  policy.failed(base::invalid("refused"), kNow);
  policy.synced("7");
  policy.failed(base::gone("too old"), kNow);
  EXPECT_EQ(policy.next(), Ask::kStream);
}

TEST(SyncPolicies, A410BeginsAnewAtTheNewestAtOnceButNotInATightLoop) {
  auto policy = synced_at("7");
  EXPECT_TRUE(policy.failed(base::gone("too old"), kNow));
  EXPECT_EQ(policy.next(), Ask::kStream);
  EXPECT_EQ(policy.version(), "");
  EXPECT_FALSE(policy.failed(base::gone("too old"), kNow + 500ms));
  EXPECT_TRUE(policy.failed(base::gone("too old"), kNow + 2s));
}

TEST(SyncPolicies, OpenAFailedWatchAgainWhereItEnded) {
  auto policy = synced_at("7");
  for (const auto& error : {base::unavailable("reset"), base::exhausted("429"),
                            base::forbidden("cannot watch"), base::invalid("odd")}) {
    EXPECT_FALSE(policy.failed(error, kNow)) << error.message();
    EXPECT_EQ(policy.next(), Ask::kWatch);
    EXPECT_EQ(policy.version(), "7");
  }
}

TEST(SyncPolicies, BeginAnewAtTheNewestAfterTwoWatchesThatCannotBeReadAtOneVersion) {
  for (const auto& error : {base::invalid("broken JSON"), base::too_large("an event")}) {
    auto policy = synced_at("7");
    EXPECT_FALSE(policy.failed(error, kNow)) << error.message();
    EXPECT_FALSE(policy.failed(base::unavailable("reset"), kNow));
    EXPECT_EQ(policy.next(), Ask::kWatch) << error.message();
    EXPECT_FALSE(policy.failed(error, kNow)) << error.message();
    EXPECT_EQ(policy.next(), Ask::kStream) << error.message();
    EXPECT_EQ(policy.version(), "");
  }
}

TEST(SyncPolicies, GoOnFromWhatWasReadBetweenTwoThatCouldNotBe) {
  auto policy = synced_at("7");
  policy.failed(base::invalid("broken JSON"), kNow);
  policy.saw("8");
  policy.failed(base::invalid("broken JSON"), kNow);
  EXPECT_EQ(policy.next(), Ask::kWatch);
  EXPECT_EQ(policy.version(), "8");
}

TEST(SyncPolicies, AKindThatWentAwayIsListedWhenItComesBackAndNotFromBefore) {
  auto policy = synced_at("7");
  EXPECT_FALSE(policy.failed(base::not_found("no such kind"), kNow));
  EXPECT_EQ(policy.next(), Ask::kStream);
  EXPECT_EQ(policy.version(), "7");
}

// Whatever happens: it asks for the newest or for the last version that was told, a watch only
// after a whole list, and after two failures at the latest it waits.
TEST(SyncPolicyProperty, NeverGoesBackInTimeAndNeverSpins) {
  EXPECT_TRUE(rc::check([] {
    SyncPolicy policy;
    std::string last;
    int without_wait = 0;
    const std::vector<base::Error> errors = {base::gone("410"),        base::invalid("400"),
                                             base::not_found("404"),   base::exhausted("429"),
                                             base::unavailable("500"), base::forbidden("403"),
                                             base::unauthorized("401")};
    const auto steps =
        *rc::gen::container<std::vector<size_t>>(rc::gen::inRange<size_t>(0, errors.size() + 2));
    int version = 0;
    for (const size_t step : steps) {
      if (step < errors.size()) {
        without_wait = policy.failed(errors[step], kNow) ? without_wait + 1 : 0;
        RC_ASSERT(without_wait <= 2);
      } else {
        last = std::to_string(++version);
        without_wait = 0;
        if (policy.next() == Ask::kWatch && step > errors.size())
          policy.saw(last);
        else
          policy.synced(last);
        RC_ASSERT(policy.next() == Ask::kWatch);
      }
      RC_ASSERT(policy.version() == last || policy.version().empty());
      RC_ASSERT(policy.next() != Ask::kWatch || policy.version() == last);
    }
  }));
}

}  // namespace
}  // namespace cresset::runtime::sync_policy_test
