#include "worker/train/supervise/liaison.h"

#include <gtest/gtest.h>

#include "tests/unit/worker/train/supervise/fake_coordination.h"

namespace cresset::train {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using worker_contract::Progress;
using worker_contract::WorkerState;

LiaisonOptions quick() {
  return {.backoff = {milliseconds(1), milliseconds(2)}, .repeat = seconds(60)};
}

class LiaisonTest : public ::testing::Test {
 protected:
  Liaison::OnEvent into_events() {
    return [this](Event event) {
      std::lock_guard lock(mutex_);
      events_.push_back(std::move(event));
      changed_.notify_all();
    };
  }
  std::vector<Event> wait_for_events(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, seconds(10), [&] { return events_.size() >= count; });
    return events_;
  }

  FakeCoordination coordination_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Event> events_;
};

TEST_F(LiaisonTest, AsksThroughRefusalsAndAbsencesUntilThereIsARound) {
  coordination_.answer_first({base::unavailable("away"), base::forbidden("not seen yet"),
                              base::not_found("no job yet"), base::unauthorized("too early")});
  coordination_.begin_round({.round = 1, .world_size = 1});
  Liaison liaison(coordination_, quick(), into_events(), base::silent());
  liaison.ask(0);
  const auto events = wait_for_events(1);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(std::get<MembershipCame>(events[0]).membership.round, 1);
  EXPECT_EQ(coordination_.asked(), 5);
}

TEST_F(LiaisonTest, TellsThatThePodIsNoMemberAnyMore) {
  coordination_.answer_first({base::gone("removed")});
  Liaison liaison(coordination_, quick(), into_events(), base::silent());
  liaison.ask(0);
  const auto events = wait_for_events(1);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(std::get<MembershipEnded>(events[0]).why, "removed");
}

TEST_F(LiaisonTest, TheNewestProgressArrivesWhateverWasLost) {
  coordination_.fail_reports(3);
  Liaison liaison(coordination_, quick(), into_events(), base::silent());
  for (int step = 1; step <= 100; ++step) liaison.report({.round = 1, .step = step});
  liaison.report({.round = 1, .state = WorkerState::kBroken, .step = 100});
  EXPECT_TRUE(liaison.flush(seconds(10)));
  const auto reports = coordination_.reports();
  ASSERT_FALSE(reports.empty());
  EXPECT_EQ(reports.back().state, WorkerState::kBroken);
}

TEST_F(LiaisonTest, FlushGivesUpOnAnOperatorThatStaysAway) {
  coordination_.fail_reports(1 << 30);
  Liaison liaison(coordination_, quick(), into_events(), base::silent());
  liaison.report({.round = 1});
  EXPECT_FALSE(liaison.flush(milliseconds(20)));
}

TEST_F(LiaisonTest, RepeatsTheNewestForANewLeader) {
  LiaisonOptions options = quick();
  options.repeat = milliseconds(1);
  Liaison liaison(coordination_, options, into_events(), base::silent());
  liaison.report({.round = 1, .step = 7});
  EXPECT_TRUE(coordination_.wait_for_reports(5));
  EXPECT_EQ(coordination_.reports().back().step, 7);
}

TEST_F(LiaisonTest, EndsWhileItAsks) {
  Liaison liaison(coordination_, quick(), into_events(), base::silent());
  liaison.ask(0);
  EXPECT_TRUE(coordination_.wait_until_asked());
}

}  // namespace
}  // namespace cresset::train
