#include "operator/runtime/key_queue.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <set>
#include <vector>

namespace cresset::runtime::key_queue_test {
namespace {

using namespace std::chrono_literals;
using kube::ObjectKey;

constexpr auto kListed = Priority::kListed;
constexpr auto kFresh = Priority::kFresh;
const base::MonoTime kNow;
const ObjectKey kA{"team", "a"};

TEST(KeyQueues, TheEarliestTimeAndTheHighestPriorityWin) {
  KeyQueue keys;
  keys.add(kA, kListed, kNow, kNow + 5s);
  keys.add(kA, kFresh, kNow, kNow + 9s);
  EXPECT_EQ(keys.next_due(), kNow + 5s);
  EXPECT_EQ(keys.take(kNow + 4s), std::nullopt);
  const auto taken = keys.take(kNow + 6s);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->priority, kFresh);
  EXPECT_EQ(taken->since, kNow + 6s) << "when it was found due, not when it was asked for";
  keys.done(kA);
  EXPECT_EQ(keys.remembered(), 0U);
}

TEST(KeyQueues, WhatIsWorkedOnIsShownWithItsBeginning) {
  KeyQueue keys;
  keys.add(kA, kFresh, kNow);
  EXPECT_TRUE(keys.working().empty());
  keys.take(kNow + 2s);
  ASSERT_TRUE(keys.working().contains(kA));
  EXPECT_EQ(keys.working().at(kA).since, kNow + 2s);
  keys.done(kA);
  EXPECT_TRUE(keys.working().empty());
}

TEST(KeyQueues, AKeyThatIsDueNowWaitsNoLongerForLater) {
  KeyQueue keys;
  keys.add(kA, kFresh, kNow, kNow + 5s);
  keys.add(kA, kListed, kNow);
  EXPECT_EQ(keys.next_due(), base::MonoTime::max());
  EXPECT_EQ(keys.take(kNow)->priority, kFresh);
  keys.done(kA);
  EXPECT_EQ(keys.take(kNow + 1h), std::nullopt);
}

TEST(KeyQueues, ADelayAfterADueAddChangesNothing) {
  KeyQueue keys;
  keys.add(kA, kFresh, kNow);
  keys.add(kA, kFresh, kNow, kNow + 5s);
  EXPECT_EQ(keys.next_due(), base::MonoTime::max());
  EXPECT_TRUE(keys.take(kNow));
}

TEST(KeyQueues, WhatIsAskedForDuringTheWorkComesAfterItAtItsOwnPriority) {
  KeyQueue keys;
  keys.add(kA, kFresh, kNow);
  ASSERT_TRUE(keys.take(kNow));
  EXPECT_EQ(keys.working_on(kA)->priority, kFresh);
  keys.add(kA, kListed, kNow);
  EXPECT_EQ(keys.take(kNow), std::nullopt);
  EXPECT_EQ(keys.done(kA)->since, kNow);
  EXPECT_EQ(keys.take(kNow)->priority, kListed);
}

TEST(KeyQueues, ADelayThatPassesDuringTheWorkIsDueAfterIt) {
  KeyQueue keys;
  keys.add(kA, kFresh, kNow);
  ASSERT_TRUE(keys.take(kNow));
  keys.add(kA, kFresh, kNow, kNow + 1s);
  keys.add(kA, kFresh, kNow, kNow + 3s);
  EXPECT_EQ(keys.take(kNow + 2s), std::nullopt);
  keys.done(kA);
  EXPECT_TRUE(keys.take(kNow + 2s));
}

TEST(KeyQueues, WhatWasNotTakenIsNotDone) { EXPECT_EQ(KeyQueue().done(kA), std::nullopt); }

// What was asked for of each key, and what is worked on.
struct Model {
  struct Asked {
    Priority priority;
    base::MonoTime due;
  };
  void add(const ObjectKey& key, Priority priority, base::MonoTime due) {
    const auto [known, added] = asked.try_emplace(key, Asked{priority, due});
    if (added) return;
    known->second.priority = std::max(known->second.priority, priority);
    known->second.due = std::min(known->second.due, due);
  }
  // The priorities of the keys that may be taken, by key.
  std::map<ObjectKey, Priority> takeable(base::MonoTime now) const {
    std::map<ObjectKey, Priority> found;
    for (const auto& [key, what] : asked)
      if (what.due <= now && !working.contains(key)) found[key] = what.priority;
    return found;
  }
  std::map<ObjectKey, Asked> asked;
  std::set<ObjectKey> working;
};

// Which of several is taken is FairQueue's test.
void take_from_both(KeyQueue& keys, Model& model, base::MonoTime now) {
  const auto expected = model.takeable(now);
  const auto taken = keys.take(now);
  RC_ASSERT(taken.has_value() == !expected.empty());
  if (!taken) return;
  RC_ASSERT(expected.contains(taken->key));
  RC_ASSERT(expected.at(taken->key) == taken->priority);
  model.asked.erase(taken->key);
  model.working.insert(taken->key);
}

TEST(KeyQueueProperty, HoldsWhatASimpleModelHolds) {
  EXPECT_TRUE(rc::check([] {
    KeyQueue keys;
    Model model;
    auto now = kNow;
    const auto steps = *rc::gen::container<std::vector<std::tuple<int, int, bool, int>>>(
        rc::gen::tuple(rc::gen::inRange(0, 5), rc::gen::inRange(0, 3), rc::gen::arbitrary<bool>(),
                       rc::gen::inRange(0, 4)));
    for (const auto& [what, which, fresh, delay] : steps) {
      const ObjectKey key{"", std::to_string(which)};
      if (what <= 1) {
        const auto due = now + std::chrono::seconds(delay);
        keys.add(key, fresh ? kFresh : kListed, now, delay > 0 ? std::optional(due) : std::nullopt);
        model.add(key, fresh ? kFresh : kListed, due);
      } else if (what == 2) {
        take_from_both(keys, model, now);
      } else if (what == 3) {
        RC_ASSERT(keys.done(key).has_value() == (model.working.erase(key) == 1));
      } else {
        now += std::chrono::seconds(delay);
      }
      RC_ASSERT(keys.remembered() == model.asked.size() + model.working.size());
      keys.advance(now);
      RC_ASSERT(keys.ready().size() == model.takeable(now).size());
    }
  }));
}

}  // namespace
}  // namespace cresset::runtime::key_queue_test
