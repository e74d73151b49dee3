#include "controllers/autoscale/decider.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace cresset::autoscale {
namespace {

using namespace std::chrono_literals;

const Policy kPolicy{.target = 4, .min = 0, .max = 10, .window = 10s, .idle = 30s};

Load busy(double value) {
  return {.mean = value, .recent = value, .peak = value, .complete = true, .seen_request = true};
}
Load quiet(std::chrono::milliseconds idle) {
  return {.complete = true, .idle = idle, .seen_request = true};
}
Replicas running(int count) { return {.wanted = count, .ready = count}; }

struct Row {
  const char* what;
  Policy policy;
  Replicas replicas;
  std::optional<Load> load;
  int count;
  Cause cause;
};

TEST(Decider, DecidesAsTheTableSays) {
  Load backlog = busy(0);
  backlog.waiting = 30;
  Load surge{.mean = 5, .recent = 25, .peak = 25, .complete = true, .seen_request = true};
  Load declining{.mean = 8, .recent = 4, .peak = 19, .complete = true, .seen_request = true};
  Load unseen = busy(1);
  unseen.complete = false;
  Load fresh = unseen;
  fresh.mean = fresh.recent = fresh.peak = 30;
  Load never = quiet(31s);
  never.seen_request = false;
  Load beginning = quiet(5s);
  beginning.seen_request = false;
  Policy two = kPolicy, four = kPolicy;
  two.min = 2;
  four.max = 4;
  const Row rows[] = {
      {"a new service starts with one", kPolicy, {}, {}, 1, Cause::kInitial},
      {"a new service starts with min", two, {}, {}, 2, Cause::kInitial},
      {"no data keeps the count", kPolicy, running(7), {}, 7, Cause::kNoData},
      {"no data keeps zero", kPolicy, running(0), {}, 0, Cause::kNoData},
      {"no data obeys a lower max", four, running(7), {}, 4, Cause::kNoData},
      {"the mean raises", kPolicy, running(1), busy(11), 3, Cause::kMean},
      {"a mean of exactly the target is one replica", kPolicy, running(1), busy(4), 1,
       Cause::kPeak},
      {"max bounds", four, running(1), busy(400), 4, Cause::kMean},
      {"a surge raises at once", kPolicy, running(2), surge, 7, Cause::kSurge},
      {"starting replicas count against a surge",
       kPolicy,
       {.wanted = 5, .ready = 1, .starting = 4},
       surge,
       5,
       Cause::kPeak},
      {"a decline falls to the peak of the window", kPolicy, running(9), declining, 5,
       Cause::kPeak},
      {"a peak above the count keeps it", kPolicy, running(3), declining, 3, Cause::kPeak},
      {"a load within the target falls to one", kPolicy, running(9), busy(0.5), 1, Cause::kPeak},
      {"a first request wakes", kPolicy, running(0), busy(0.1), 1, Cause::kMean},
      {"a burst takes zero to many", kPolicy, running(0), backlog, 8, Cause::kBacklog},
      {"a backlog that is no surge changes nothing", kPolicy, running(6), backlog, 6, Cause::kPeak},
      {"a new leader does not fall", kPolicy, running(7), unseen, 7, Cause::kSettling},
      {"a new leader may rise", kPolicy, running(7), fresh, 8, Cause::kMean},
      {"quiet, but not for long", kPolicy, running(3), quiet(20s), 1, Cause::kPeak},
      {"idle goes to zero", kPolicy, running(3), quiet(30s), 0, Cause::kIdle},
      {"idle stays at min", two, running(3), quiet(30s), 2, Cause::kIdle},
      {"zero stays zero when nobody asks", kPolicy, running(0), quiet(30s), 0, Cause::kIdle},
      {"never a request: to zero after the idle time", kPolicy, running(1), never, 0, Cause::kIdle},
      {"never a request: not before", kPolicy, running(1), beginning, 1, Cause::kPeak},
      {"nobody asked yet: a sleeping service sleeps on", kPolicy, running(0), beginning, 0,
       Cause::kPeak},
  };
  for (const Row& row : rows) {
    const Decision decision = decide(row.policy, row.replicas, row.load);
    EXPECT_EQ(decision.count, row.count) << row.what;
    EXPECT_EQ(to_string(decision.reason.cause), to_string(row.cause)) << row.what;
  }
}

Load any_load() {
  const auto value = [] { return *rc::gen::inRange(0, 200) * 0.25; };
  return {.mean = value(),
          .recent = value(),
          .peak = value(),
          .waiting = *rc::gen::inRange(0, 50),
          .complete = *rc::gen::arbitrary<bool>(),
          .idle = std::chrono::seconds(*rc::gen::inRange(0, 60)),
          .seen_request = *rc::gen::arbitrary<bool>()};
}
Policy any_policy() {
  const int min = *rc::gen::inRange(0, 5);
  return {.target = *rc::gen::inRange(1, 20) * 0.5,
          .min = min,
          .max = std::max(1, min + *rc::gen::inRange(0, 12)),
          .window = 10s,
          .idle = std::chrono::seconds(*rc::gen::inRange(1, 60))};
}
Replicas any_replicas() {
  Replicas replicas{.wanted = *rc::gen::inRange(0, 15)};
  replicas.ready = *rc::gen::inRange(0, *replicas.wanted + 1);
  replicas.starting = *replicas.wanted - replicas.ready;
  if (*rc::gen::inRange(0, 8) == 0) replicas = {};
  return replicas;
}
std::optional<Load> any_told() {
  return *rc::gen::inRange(0, 6) == 0 ? std::nullopt : std::optional(any_load());
}

void holds(const std::function<void()>& property) { ASSERT_TRUE(rc::check(property)); }

TEST(Decider, MoreLoadNeverMeansFewerReplicas) {
  holds([] {
    const Policy policy = any_policy();
    const Replicas replicas = any_replicas();
    const Load less = any_load();
    Load more = less;
    more.mean += *rc::gen::inRange(0, 40) * 0.25;
    more.recent += *rc::gen::inRange(0, 40) * 0.25;
    more.peak += *rc::gen::inRange(0, 40) * 0.25;
    more.waiting += *rc::gen::inRange(0, 10);
    more.seen_request = less.seen_request || *rc::gen::arbitrary<bool>();
    more.idle = less.idle / *rc::gen::inRange(1, 4);
    RC_ASSERT(decide(policy, replicas, more).count >= decide(policy, replicas, less).count);
  });
}

TEST(Decider, TheReasonAloneGivesTheSameCount) {
  holds([] {
    const Decision decision = decide(any_policy(), any_replicas(), any_told());
    RC_ASSERT(count_of(decision.reason) == decision.count);
  });
}

TEST(Decider, DecidingAgainChangesNothing) {
  holds([] {
    const Policy policy = any_policy();
    const Replicas before = any_replicas();
    const auto load = any_told();
    const int count = decide(policy, before, load).count;
    Replicas after{.wanted = count, .ready = std::min(before.ready, count)};
    after.starting = count - after.ready;
    RC_ASSERT(decide(policy, after, load).count == count);
  });
}

TEST(Decider, TheCountStaysWithinItsBounds) {
  holds([] {
    const Policy policy = any_policy();
    const int count = decide(policy, any_replicas(), any_told()).count;
    RC_ASSERT(count >= policy.min);
    RC_ASSERT(count <= policy.max);
  });
}

TEST(Decider, ZeroNeverWhileARequestWaits) {
  holds([] {
    Load load = any_load();
    load.waiting = *rc::gen::inRange(1, 50);
    RC_ASSERT(decide(any_policy(), any_replicas(), load).count >= 1);
  });
}

// A whole life: the window and the decider together, second by second.
class LifeTest : public ::testing::Test {
 protected:
  int second(double load, bool everything_starts_at_once = true) {
    now += 1s;
    window.add("gateway", {.value = load, .active = load > 0}, now);
    const int before = replicas.wanted.value_or(0);
    const int count = decide(policy, replicas, window.at(now)).count;
    replicas.wanted = count;
    replicas.ready = everything_starts_at_once ? count : std::min(before, count);
    replicas.starting = count - replicas.ready;
    return count;
  }
  Policy policy{.target = 2, .min = 0, .max = 5, .window = 10s, .idle = 10s};
  Window window{{.stable = 10s}};
  base::MonoTime now{50h};
  Replicas replicas;
};

TEST_F(LifeTest, ZeroToManyToZeroToOne) {
  for (int i = 0; i < 12; ++i) second(0);
  EXPECT_EQ(replicas.wanted, 0);
  EXPECT_EQ(second(9), 3) << "the short end of the window has one second of it";
  for (int i = 0; i < 4; ++i) second(9);
  EXPECT_EQ(replicas.wanted, 5) << "held at max";
  for (int i = 0; i < 9; ++i) EXPECT_GE(second(0), 1);
  for (int i = 0; i < 3; ++i) second(0);
  EXPECT_EQ(replicas.wanted, 0);
  EXPECT_EQ(second(0.2), 1);
}

TEST_F(LifeTest, ASlowDeclineTakesReplicasAwayOneAfterAnother) {
  for (int i = 0; i < 15; ++i) second(9);
  int last = *replicas.wanted, changes = 0;
  for (double load = 9; load > 1; load -= 0.1) {
    const int count = second(load);
    EXPECT_LE(count, last);
    EXPECT_LE(last - count, 1);
    changes += count != last;
    last = count;
  }
  EXPECT_EQ(changes, 3) << "from 5 to 2; the window still remembers more than 2";
}

TEST_F(LifeTest, ALoadThatSwingsWithinTheWindowDoesNotSwingTheCount) {
  for (int i = 0; i < 20; ++i) second(i % 6 < 3 ? 8 : 2);
  const int count = *replicas.wanted;
  for (int i = 0; i < 30; ++i) EXPECT_EQ(second(i % 6 < 3 ? 8 : 2), count);
}

TEST(Words, TellTheNumbersAndTheBound) {
  Reason reason{.cause = Cause::kMean, .mean = 12.4, .target = 4, .max = 10, .kept = 1};
  EXPECT_EQ(in_words(reason, kPolicy, "requests in flight"),
            "12.4 requests in flight on average over 10 s, target 4 a replica");
  reason.max = 3;
  EXPECT_EQ(in_words(reason, kPolicy, "requests in flight"),
            "12.4 requests in flight on average over 10 s, target 4 a replica; held at max 3");
  EXPECT_EQ(in_words({.cause = Cause::kIdle, .min = 1, .max = 3}, kPolicy, ""),
            "no request for 30 s; held at min 1");
}

}  // namespace
}  // namespace cresset::autoscale
