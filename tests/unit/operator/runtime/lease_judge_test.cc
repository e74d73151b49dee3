#include "operator/runtime/lease_judge.h"

#include <gtest/gtest.h>

namespace cresset::runtime {
namespace {

using std::chrono::seconds;

class Judge : public ::testing::Test {
 protected:
  kube::Lease record(const std::string& holder, const std::string& version) {
    return {.holder = holder,
            .address = "https://" + holder,
            .duration = seconds(15),
            .acquired = clock_.wall(),
            .renewed = clock_.wall(),
            .transitions = 4,
            .resource_version = base::ResourceVersion(version)};
  }

  base::ManualClock clock_;
  LeaseJudge judge_{"a", "https://a", LeaseTimes::of(seconds(15))};
};

TEST_F(Judge, ALeaseThatNobodyHasSeenMayBeTaken) { EXPECT_TRUE(judge_.may_take(clock_.mono())); }

TEST_F(Judge, AnothersLeaseEndsWhenItsRecordDidNotChangeForItsDuration) {
  judge_.see(record("b", "1"), clock_.mono());
  clock_.advance(seconds(14));
  EXPECT_FALSE(judge_.may_take(clock_.mono()));
  clock_.advance(seconds(1));
  EXPECT_TRUE(judge_.may_take(clock_.mono()));
}

TEST_F(Judge, SeeingTheSameRecordAgainDoesNotProlongIt) {
  const auto lease = record("b", "1");
  judge_.see(lease, clock_.mono());
  clock_.advance(seconds(10));
  judge_.see(lease, clock_.mono());
  clock_.advance(seconds(5));
  EXPECT_TRUE(judge_.may_take(clock_.mono()));
}

TEST_F(Judge, ARenewedRecordProlongsItWhateverItsTimesSay) {
  auto lease = record("b", "1");
  judge_.see(lease, clock_.mono());
  clock_.advance(seconds(10));
  lease.renewed = clock_.wall() - std::chrono::hours(24 * 365);
  lease.resource_version = base::ResourceVersion("2");
  judge_.see(lease, clock_.mono());
  clock_.advance(seconds(10));
  EXPECT_FALSE(judge_.may_take(clock_.mono()));
}

TEST_F(Judge, ALeaseThatWasGivenUpMayBeTakenAtOnce) {
  judge_.see(record("", "1"), clock_.mono());
  EXPECT_TRUE(judge_.may_take(clock_.mono()));
}

TEST_F(Judge, AnothersLeaseThatWasDeletedIsWaitedForAsBefore) {
  judge_.see(record("b", "1"), clock_.mono());
  judge_.see_none();
  clock_.advance(seconds(14));
  EXPECT_FALSE(judge_.may_take(clock_.mono()));
  clock_.advance(seconds(1));
  EXPECT_TRUE(judge_.may_take(clock_.mono()));
  EXPECT_EQ(judge_.held(clock_.wall()).resource_version.value(), "") << "it is to be created";
}

TEST_F(Judge, TakingCountsATransitionAndRenewingDoesNot) {
  judge_.see(record("b", "7"), clock_.mono());
  const auto taken = judge_.held(clock_.wall());
  EXPECT_EQ(taken.holder, "a");
  EXPECT_EQ(taken.address, "https://a");
  EXPECT_EQ(taken.transitions, 5);
  EXPECT_EQ(taken.resource_version.value(), "7");
  judge_.see(taken, clock_.mono());
  clock_.advance(seconds(2));
  const auto renewed = judge_.held(clock_.wall());
  EXPECT_EQ(renewed.transitions, 5);
  EXPECT_EQ(renewed.acquired, taken.acquired);
  EXPECT_EQ(renewed.renewed, clock_.wall());
}

TEST_F(Judge, ARecordSurvivesTheWire) {
  const auto lease = record("b", "7");
  auto json = kube::encode_lease({"cresset-system", "cresset-operator"}, lease);
  EXPECT_EQ(kube::decode_lease(json), lease);
}

}  // namespace
}  // namespace cresset::runtime
