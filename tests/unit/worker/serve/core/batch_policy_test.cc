#include "worker/serve/core/batch_policy.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

namespace cresset::serve {
namespace {

using std::chrono::microseconds;

const base::MonoTime kStart{};
const BatchLimits kLimits{.max_rows = 8, .max_delay = microseconds(2000)};

base::MonoTime at(int64_t us) { return kStart + microseconds(us); }
Queued item(int64_t rows, int64_t arrived_us, uint64_t shape = 0) {
  return {.rows = rows, .arrived = at(arrived_us), .shape_key = shape};
}

TEST(BatchPolicy, AnEmptyQueueAsksForNothing) { EXPECT_EQ(decide({}, kLimits, 1, at(0)).take, 0u); }

TEST(BatchPolicy, ALoneRequestGoesAtOnceWhenNobodyElseWasSeen) {
  EXPECT_EQ(decide({item(1, 0)}, kLimits, 1, at(0)).take, 1u);
}

TEST(BatchPolicy, ItWaitsForTheExpectedRowsUntilTheDelayIsSpent) {
  const std::deque<Queued> queue{item(1, 100), item(1, 300)};
  const auto waiting = decide(queue, kLimits, 4, at(500));
  EXPECT_EQ(waiting.take, 0u);
  EXPECT_EQ(waiting.look_again, at(2100));
  const auto late = decide(queue, kLimits, 4, at(2100));
  EXPECT_EQ(late.take, 2u);
  EXPECT_TRUE(late.gave_up_waiting);
}

TEST(BatchPolicy, WhatMustBeAloneIsTakenAloneAndAtOnce) {
  std::deque<Queued> queue{item(1, 0), item(1, 1), item(1, 2)};
  queue[1].alone = true;
  EXPECT_EQ(decide(queue, kLimits, 100, at(2)).take, 1u) << "nobody joins who waits before it";
  queue.pop_front();
  EXPECT_EQ(decide(queue, kLimits, 100, at(2)).take, 1u) << "nor behind it";
  queue.pop_back();
  EXPECT_EQ(decide(queue, kLimits, 100, at(2)).take, 1u) << "and it waits for nobody";
}

TEST(BatchPolicy, AFullBatchDoesNotWaitAndLeavesTheRest) {
  std::deque<Queued> queue;
  for (int i = 0; i < 12; ++i) queue.push_back(item(1, i));
  EXPECT_EQ(decide(queue, kLimits, 100, at(20)).take, 8u);
}

TEST(BatchPolicy, ABatchEndsBeforeTheRequestThatDoesNotFit) {
  EXPECT_EQ(decide({item(5, 0), item(4, 0)}, kLimits, 100, at(0)).take, 1u);
}

TEST(BatchPolicy, ShapesAreNeverMixedAndNobodyWaitsBehindAnother) {
  const std::deque<Queued> queue{item(1, 0, 7), item(1, 0, 7), item(1, 0, 9)};
  EXPECT_EQ(decide(queue, kLimits, 100, at(0)).take, 2u);
}

TEST(BatchPolicy, ARequestLargerThanABatchIsTakenAlone) {
  EXPECT_EQ(decide({item(50, 0), item(1, 0)}, kLimits, 1, at(0)).take, 1u);
}

TEST(BatchPolicy, ADeadlineEndsTheWait) {
  auto urgent = item(1, 0);
  urgent.deadline = at(700);
  EXPECT_EQ(decide({urgent}, kLimits, 4, at(10)).look_again, at(700));
}

TEST(Expectation, FollowsGrowthAtOnceAndForgetsSlowly) {
  Expectation expected;
  EXPECT_EQ(expected.rows(), 1);
  expected.took(24, false);
  EXPECT_EQ(expected.rows(), 24);
  expected.took(2, false);
  EXPECT_EQ(expected.rows(), 21);
  expected.took(2, true);
  EXPECT_EQ(expected.rows(), 2);
  for (int i = 0; i < 3; ++i) expected.took(1, false);
  EXPECT_EQ(expected.rows(), 1);
}

// Plays `clients` that ask again as soon as they are answered, against a session that takes
// `fixed` + `row` × rows microseconds. Answers the mean rows of a batch and the longest wait that
// began while the session was idle.
struct Played {
  double mean_rows = 0;
  int64_t longest_idle_wait = 0;
};
Played play(int clients, int64_t fixed, int64_t row, int64_t think) {
  std::deque<Queued> queue;
  std::vector<int64_t> comes;
  for (int i = 0; i < clients; ++i) comes.push_back(i);
  Expectation expected;
  int64_t now = 0, rows = 0, batches = 0, longest = 0;
  while (batches < 400) {
    std::sort(comes.begin(), comes.end());
    while (!comes.empty() && comes.front() <= now) {
      queue.push_back(item(1, comes.front()));
      comes.erase(comes.begin());
    }
    const auto decision = decide(queue, kLimits, expected.rows(), at(now));
    if (decision.take == 0) {
      int64_t next = comes.empty() ? now + 1 : comes.front();
      if (!queue.empty())
        next = std::min<int64_t>(next, (decision.look_again - kStart) / microseconds(1));
      now = std::max(next, now + 1);
      continue;
    }
    longest = std::max<int64_t>(longest, (at(now) - queue.back().arrived) / microseconds(1));
    expected.took(static_cast<int64_t>(decision.take), decision.gave_up_waiting);
    now += fixed + row * static_cast<int64_t>(decision.take);
    for (size_t i = 0; i < decision.take; ++i) {
      queue.pop_front();
      comes.push_back(now + think + static_cast<int64_t>(i) * 10);
    }
    rows += static_cast<int64_t>(decision.take);
    batches += 1;
  }
  return {static_cast<double>(rows) / static_cast<double>(batches), longest};
}

TEST(BatchPolicy, UnderLoadBatchesHoldMoreThanFourRows) {
  EXPECT_GT(play(8, 100, 5, 50).mean_rows, 4);
  EXPECT_GT(play(32, 100, 5, 50).mean_rows, 7);
}

TEST(BatchPolicy, OneClientIsNeverHeldBack) {
  const auto played = play(1, 100, 5, 50);
  EXPECT_EQ(played.mean_rows, 1);
  EXPECT_EQ(played.longest_idle_wait, 0);
}

TEST(BatchPolicy, HoldsItsRulesForAnyQueue) {
  EXPECT_TRUE(rc::check("batch policy", [] {
    std::deque<Queued> queue;
    const int length = *rc::gen::inRange(0, 40);
    int64_t arrived = 0;
    for (int i = 0; i < length; ++i) {
      arrived += *rc::gen::inRange(0, 400);
      queue.push_back(item(*rc::gen::inRange(1, 12), arrived, *rc::gen::inRange(0, 2)));
    }
    const auto now = at(arrived + *rc::gen::inRange(0, 3000));
    const int64_t expected = *rc::gen::inRange(1, 20);
    const auto decision = decide(queue, kLimits, expected, now);
    RC_ASSERT(decision.take <= queue.size());
    int64_t rows = 0;
    for (size_t i = 0; i < decision.take; ++i) {
      RC_ASSERT(queue[i].shape_key == queue.front().shape_key);
      rows += queue[i].rows;
    }
    RC_ASSERT(rows <= kLimits.max_rows || decision.take == 1);
    if (queue.empty() || decision.take > 0) return;
    RC_ASSERT(now < queue.front().arrived + kLimits.max_delay);
    RC_ASSERT(decision.look_again > now);
    RC_ASSERT(decision.look_again <= queue.front().arrived + kLimits.max_delay);
  }));
}

}  // namespace
}  // namespace cresset::serve
