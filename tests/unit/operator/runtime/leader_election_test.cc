#include "operator/runtime/leader_election.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/support/fake_api.h"

namespace cresset::runtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const kube::ObjectKey kLease{"cresset-system", "cresset-operator"};

constexpr milliseconds kStep{100};

// One replica on a thread of its own.
class Replica {
 public:
  Replica(kube::Api& api, const std::string& identity, base::Clock& clock)
      : election_(api, {.lease = kLease, .identity = identity, .address = "https://" + identity},
                  {.on_leading = [this] { ++led_; },
                   .on_lost =
                       [this](const std::string& why) {
                         std::lock_guard lock(mutex_);
                         lost_ = why;
                       }},
                  clock, base::seeded_random(1), metrics_, base::silent()),
        thread_([this](std::stop_token stop) { election_.run(stop); }) {}

  LeaderElection& election() { return election_; }
  bool leading() const { return election_.leading(); }
  int led() const { return led_; }
  std::string lost() const {
    std::lock_guard lock(mutex_);
    return lost_;
  }
  void stop() {
    thread_.request_stop();
    thread_.join();
  }
  double status() const { return tells("leader_election_master_status", 1) ? 1 : 0; }
  bool tells(const std::string& metric, int value) const {
    const std::string line = metric + "{name=\"cresset-operator\"} " + std::to_string(value) + "\n";
    return metrics_.render().find(line) != std::string::npos;
  }

 private:
  base::Metrics metrics_;
  std::atomic<int> led_ = 0;
  mutable std::mutex mutex_;
  std::string lost_;
  LeaderElection election_;
  std::jthread thread_;
};

class Election : public ::testing::Test {
 protected:
  // Moves time in small steps until `ready`; false when `most` of it was not enough. Before each
  // step every replica that runs has done what was due.
  bool within(int replicas, milliseconds most, const std::function<bool()>& ready) {
    for (milliseconds passed{0}; passed <= most; passed += kStep) {
      const bool still = api_.wait_for([&] { return ready() || clock_.waiting() >= replicas; });
      EXPECT_TRUE(still);
      if (ready()) return true;
      clock_.advance(kStep);
    }
    return false;
  }
  kube::Lease lease() { return kube::decode_lease(*api_.find(kube::kLeases, kLease)); }
  int writes() { return static_cast<int>(api_.writes().size()); }

  base::ManualClock clock_;
  testing::FakeApi api_;
};

TEST_F(Election, TheFirstTakesTheLeaseAndTheOtherKnowsIt) {
  Replica a(api_, "a", clock_);
  ASSERT_TRUE(api_.wait_for([&] { return a.led() == 1; }));
  Replica b(api_, "b", clock_);
  ASSERT_TRUE(api_.wait_for([&] { return b.election().leader().identity == "a"; }));
  EXPECT_EQ(b.election().leader().address, "https://a");
  EXPECT_TRUE(a.leading());
  EXPECT_FALSE(b.leading());
  EXPECT_EQ(a.status(), 1);
  EXPECT_EQ(b.status(), 0);
  EXPECT_EQ(lease().holder, "a");
}

TEST_F(Election, ALeaderThatRenewsIsNeverReplaced) {
  Replica a(api_, "a", clock_);
  ASSERT_TRUE(api_.wait_for([&] { return a.leading(); }));
  Replica b(api_, "b", clock_);
  EXPECT_FALSE(within(2, seconds(60), [&] { return b.leading(); }));
  EXPECT_TRUE(a.leading());
  EXPECT_EQ(lease().transitions, 0);
}

TEST_F(Election, GivingUpHandsOverWithinARetry) {
  Replica a(api_, "a", clock_);
  ASSERT_TRUE(api_.wait_for([&] { return a.leading(); }));
  Replica b(api_, "b", clock_);
  ASSERT_TRUE(api_.wait_for([&] { return b.election().leader().identity == "a"; }));
  a.stop();
  EXPECT_EQ(lease().holder, "");
  EXPECT_EQ(a.lost(), "");
  EXPECT_TRUE(within(1, milliseconds(4500), [&] { return b.leading(); }));
  EXPECT_EQ(lease().transitions, 1);
}

TEST_F(Election, ALeaderThatIsSilentIsReplacedAfterItsLease) {
  auto silent = kube::Lease{.holder = "gone",
                            .duration = seconds(15),
                            .acquired = clock_.wall(),
                            .renewed = clock_.wall()};
  api_.seed(kube::kLeases, kube::encode_lease(kLease, silent));
  Replica b(api_, "b", clock_);
  EXPECT_FALSE(within(1, milliseconds(14500), [&] { return b.leading(); }));
  EXPECT_TRUE(within(1, milliseconds(5000), [&] { return b.leading(); }));
}

TEST_F(Election, ALeaderThatCannotRenewLosesBeforeAnotherMayTakeTheLease) {
  Replica a(api_, "a", clock_);
  ASSERT_TRUE(api_.wait_for([&] { return a.leading(); }));
  api_.set_fault([](const auto&) { return base::unavailable("no route"); });
  EXPECT_FALSE(within(1, milliseconds(9000), [&] { return !a.leading(); }));
  EXPECT_TRUE(within(1, milliseconds(4000), [&] { return !a.leading(); }));
  EXPECT_TRUE(api_.wait_for([&] { return !a.lost().empty(); }));
  EXPECT_NE(a.lost().find("no route"), std::string::npos);
}

TEST_F(Election, AShortTroubleCostsNothing) {
  Replica a(api_, "a", clock_);
  ASSERT_TRUE(api_.wait_for([&] { return a.leading(); }));
  api_.set_fault([](const auto&) { return base::unavailable("no route"); });
  within(1, seconds(7), [] { return false; });
  api_.set_fault({});
  EXPECT_FALSE(within(1, seconds(30), [&] { return !a.leading(); }));
  EXPECT_EQ(a.led(), 1);
}

TEST_F(Election, ALeaderThatFindsAnothersNameLosesAtOnce) {
  Replica a(api_, "a", clock_);
  ASSERT_TRUE(api_.wait_for([&] { return a.leading(); }));
  auto stolen = lease();
  stolen.holder = "thief";
  ASSERT_TRUE(api_.replace(kube::kLeases, kLease, kube::encode_lease(kLease, stolen)));
  EXPECT_TRUE(within(1, seconds(3), [&] { return !a.leading(); }));
  EXPECT_TRUE(api_.wait_for([&] { return a.lost() == "thief took it"; }));
}

TEST_F(Election, ALeaseThatWasDeletedIsMadeAnewByItsLeaderAndNobodyElseLeads) {
  Replica a(api_, "a", clock_);
  ASSERT_TRUE(api_.wait_for([&] { return a.leading(); }));
  Replica b(api_, "b", clock_);
  ASSERT_TRUE(api_.wait_for([&] { return b.election().leader().identity == "a"; }));
  // Just before the one that does not lead looks at it.
  std::atomic<bool> deleted = false;
  api_.set_fault([&](const auto& call) -> std::optional<base::Error> {
    if (call.verb == "get" && !deleted.exchange(true)) api_.erase(kube::kLeases, kLease);
    return std::nullopt;
  });
  EXPECT_FALSE(within(2, seconds(30), [&] { return b.leading() || !a.leading(); }));
  EXPECT_TRUE(deleted);
  EXPECT_EQ(lease().holder, "a");
  api_.set_fault({});
}

TEST_F(Election, WithoutTheRightToLeasesItNeverLeadsAndSaysWhy) {
  api_.set_fault([](const auto&) { return base::forbidden("cannot get resource \"leases\""); });
  Replica a(api_, "a", clock_);
  EXPECT_FALSE(within(1, seconds(60), [&] { return a.leading(); }));
  EXPECT_FALSE(a.election().ready());
  EXPECT_NE(a.election().waiting_for().find("cannot get resource \"leases\""), std::string::npos);
}

TEST_F(Election, AStandbyThatTheServerServesNothingIsNotReadyAfterTwoMinutesAndHeals) {
  const auto others = kube::Lease{
      .holder = "a", .duration = seconds(15), .acquired = clock_.wall(), .renewed = clock_.wall()};
  api_.seed(kube::kLeases, kube::encode_lease(kLease, others));
  Replica b(api_, "b", clock_);
  ASSERT_TRUE(api_.wait_for([&] { return b.election().ready(); }));
  api_.set_fault([](const auto&) { return base::unavailable("no route"); });
  EXPECT_FALSE(within(1, seconds(119), [&] { return !b.election().ready(); }));
  EXPECT_TRUE(within(1, seconds(8), [&] { return !b.election().ready(); }));
  EXPECT_FALSE(b.election().served());
  EXPECT_TRUE(b.election().settled());
  EXPECT_FALSE(b.election().overdue()) << "no restart would help";
  EXPECT_EQ(b.election().waiting_for(),
            "lease cresset-system/cresset-operator: the API server has served no request for it "
            "for 2 minutes; last: no route");
  api_.set_fault({});
  EXPECT_TRUE(within(1, seconds(5), [&] { return b.election().ready(); }));
}

TEST_F(Election, ARenewalIsOneCall) {
  Replica a(api_, "a", clock_);
  ASSERT_TRUE(api_.wait_for([&] { return a.leading(); }));
  api_.forget_calls();
  ASSERT_TRUE(within(1, seconds(3), [&] { return writes() == 1; }));
  EXPECT_EQ(api_.calls().size(), 1U);
  EXPECT_EQ(api_.calls().front().verb, "replace");
  EXPECT_TRUE(a.tells("leader_election_slowpath_total", 0));
}

TEST_F(Election, AnApiServerThatIsSlowIsAskedOnceARetryAndTheLeaderStays) {
  int asked = 0;  // outlives the replica that counts it
  Replica a(api_, "a", clock_);
  ASSERT_TRUE(api_.wait_for([&] { return a.leading(); }));
  api_.set_fault([&](const auto& call) -> std::optional<base::Error> {
    if (call.verb != "replace" || ++asked % 3 == 0) return std::nullopt;
    return base::timed_out("no answer");
  });
  api_.forget_calls();
  EXPECT_FALSE(within(1, seconds(60), [&] { return !a.leading(); }));
  EXPECT_TRUE(api_.calls("get").empty());
}

TEST_F(Election, AReplyThatWasLostIsNoLoss) {
  Replica a(api_, "a", clock_);
  ASSERT_TRUE(api_.wait_for([&] { return a.leading(); }));
  // The renewal arrives, its answer does not: the record has another version than we know.
  auto renewed = lease();
  renewed.renewed = clock_.wall() + seconds(1);
  ASSERT_TRUE(api_.replace(kube::kLeases, kLease, kube::encode_lease(kLease, renewed)));
  EXPECT_FALSE(within(1, seconds(20), [&] { return !a.leading(); }));
  EXPECT_TRUE(a.tells("leader_election_slowpath_total", 1)) << "it looked once";
}

}  // namespace
}  // namespace cresset::runtime
