#include "operator/runtime/fair_queue.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

namespace cresset::runtime {
namespace {

using kube::ObjectKey;

constexpr auto kListed = Priority::kListed;
constexpr auto kFresh = Priority::kFresh;
const base::MonoTime kNow;

ObjectKey key_of(const std::string& ns, int i) { return {ns, std::to_string(i)}; }

// All that is left, as "a/1 b/1 a/2".
std::string drained(FairQueue& queue) {
  std::string text;
  while (const auto next = queue.pop())
    text += (text.empty() ? "" : " ") + next->key.ns + "/" + next->key.name;
  return text;
}

TEST(FairQueues, GiveAnEmptyAnswerWhenEmpty) { EXPECT_EQ(FairQueue().pop(), std::nullopt); }

TEST(FairQueues, KeepTheOrderWithinANamespace) {
  FairQueue queue;
  for (int i = 3; i > 0; --i) queue.push(key_of("a", i), kFresh, kNow);
  EXPECT_EQ(drained(queue), "a/3 a/2 a/1");
}

TEST(FairQueues, LetNamespacesTakeTurns) {
  FairQueue queue;
  for (int i = 1; i <= 3; ++i) queue.push(key_of("a", i), kFresh, kNow);
  for (int i = 1; i <= 2; ++i) queue.push(key_of("b", i), kFresh, kNow);
  queue.push(key_of("c", 1), kFresh, kNow);
  EXPECT_EQ(drained(queue), "a/1 b/1 c/1 a/2 b/2 a/3");
}

TEST(FairQueues, ATenantWithTenThousandKeysHoldsNobodyElsesOnlyOneBack) {
  FairQueue queue;
  for (int i = 0; i < 10000; ++i) queue.push(key_of("crowd", i), kFresh, kNow);
  queue.pop();
  for (const char* ns : {"one", "two", "three"}) queue.push(key_of(ns, 1), kFresh, kNow);
  std::vector<std::string> turns;
  for (int i = 0; i < 4; ++i) turns.push_back(queue.pop()->key.ns);
  EXPECT_EQ(turns, (std::vector<std::string>{"crowd", "one", "two", "three"}));
}

TEST(FairQueues, ATenantThatComesBackAllTheTimeWaitsForItsTurn) {
  FairQueue queue;
  for (int i = 0; i < 100; ++i) {
    queue.push(key_of("busy", 0), kFresh, kNow);
    if (i == 0) queue.push(key_of("calm", 0), kFresh, kNow);
    if (i == 0) queue.push(key_of("calm", 1), kFresh, kNow);
    const auto next = queue.pop();
    ASSERT_TRUE(next);
    EXPECT_EQ(next->key.ns, i == 1 || i == 3 ? "calm" : "busy") << i;
  }
}

TEST(FairQueues, GiveTheHigherPriorityFirst) {
  FairQueue queue;
  queue.push(key_of("a", 1), kListed, kNow);
  queue.push(key_of("a", 2), kFresh, kNow);
  queue.push(key_of("b", 1), kListed, kNow);
  EXPECT_EQ(queue.size(kListed), 2U);
  EXPECT_EQ(queue.size(kFresh), 1U);
  EXPECT_EQ(drained(queue), "a/2 a/1 b/1");
}

TEST(FairQueues, RaiseAKeyThatIsPushedAgainHigherToTheEndThere) {
  FairQueue queue;
  queue.push(key_of("a", 1), kListed, kNow);
  queue.push(key_of("a", 2), kListed, kNow);
  queue.push(key_of("a", 3), kFresh, kNow);
  queue.push(key_of("a", 2), kFresh, kNow + std::chrono::seconds(1));
  EXPECT_EQ(queue.size(), 3U);
  EXPECT_EQ(queue.pop()->key.name, "3");
  const auto raised = queue.pop();
  EXPECT_EQ(raised->key.name, "2");
  EXPECT_EQ(raised->priority, kFresh);
  EXPECT_EQ(raised->since, kNow) << "it has waited since the first push";
}

TEST(FairQueues, NeverLowerAKey) {
  FairQueue queue;
  queue.push(key_of("a", 1), kFresh, kNow);
  queue.push(key_of("a", 1), kListed, kNow);
  EXPECT_EQ(queue.size(kFresh), 1U);
  EXPECT_EQ(queue.size(kListed), 0U);
  EXPECT_EQ(drained(queue), "a/1");
}

TEST(FairQueues, LetALowPriorityThatStarvesMoveOn) {
  FairQueue queue;
  for (int i = 0; i < 2; ++i) queue.push(key_of("old", i), kListed, kNow);
  std::vector<int> moved;
  for (int i = 0; queue.size(kListed) > 0 && i < 100; ++i) {
    queue.push(key_of("new", i), kFresh, kNow);
    if (queue.pop()->priority == kListed) moved.push_back(i);
  }
  EXPECT_EQ(moved, (std::vector<int>{FairQueue::kPatience, 2 * FairQueue::kPatience + 1}));
}

// A queue that is as slow and simple as can be: what waits, in the order of its pushes, and the
// namespaces of each priority in the order of their turns.
class Model {
 public:
  void push(const ObjectKey& key, Priority priority) {
    const auto known = std::find_if(keys_.begin(), keys_.end(),
                                    [&](const auto& waiting) { return waiting.first == key; });
    if (known != keys_.end()) {
      if (priority <= known->second) return;
      drop(known);
    }
    keys_.emplace_back(key, priority);
    auto& turns = turns_[priority];
    if (std::find(turns.begin(), turns.end(), key.ns) == turns.end()) turns.push_back(key.ns);
  }
  std::optional<ObjectKey> pop() {
    if (keys_.empty()) return std::nullopt;
    const bool both = count(kListed) > 0 && count(kFresh) > 0;
    const bool low = count(kFresh) == 0 || (both && passed_over_ >= FairQueue::kPatience);
    const Priority priority = low ? kListed : kFresh;
    const std::string ns = turns_[priority].front();
    const auto next = std::find_if(keys_.begin(), keys_.end(), [&](const auto& waiting) {
      return waiting.second == priority && waiting.first.ns == ns;
    });
    const ObjectKey key = next->first;
    turns_[priority].erase(turns_[priority].begin());
    turns_[priority].push_back(ns);
    passed_over_ = low || count(kListed) == 0 ? 0 : passed_over_ + 1;
    drop(next);
    return key;
  }
  size_t size() const { return keys_.size(); }

 private:
  using Keys = std::vector<std::pair<ObjectKey, Priority>>;
  long count(Priority priority) const {
    return std::count_if(keys_.begin(), keys_.end(),
                         [&](const auto& waiting) { return waiting.second == priority; });
  }
  void drop(Keys::iterator gone) {
    const auto [key, priority] = *gone;
    keys_.erase(gone);
    const bool more = std::any_of(keys_.begin(), keys_.end(), [&](const auto& waiting) {
      return waiting.second == priority && waiting.first.ns == key.ns;
    });
    if (!more) std::erase(turns_[priority], key.ns);
    if (count(kListed) == 0) passed_over_ = 0;
  }

  Keys keys_;
  std::map<Priority, std::vector<std::string>> turns_;
  int passed_over_ = 0;
};

TEST(FairQueueProperty, GivesWhatASimpleModelGives) {
  EXPECT_TRUE(rc::check([] {
    FairQueue queue;
    Model model;
    const auto steps = *rc::gen::container<std::vector<std::tuple<int, int, bool>>>(rc::gen::tuple(
        rc::gen::inRange(-2, 4), rc::gen::inRange(0, 4), rc::gen::arbitrary<bool>()));
    for (const auto& [ns, name, fresh] : steps) {
      if (ns < 0) {
        const auto next = queue.pop();
        const auto expected = model.pop();
        RC_ASSERT(next.has_value() == expected.has_value());
        if (next) RC_ASSERT(next->key == *expected);
      } else {
        const ObjectKey key = key_of(std::string(1, static_cast<char>('a' + ns)), name);
        queue.push(key, fresh ? kFresh : kListed, kNow);
        model.push(key, fresh ? kFresh : kListed);
      }
      RC_ASSERT(queue.size() == model.size());
      RC_ASSERT(queue.size(kFresh) + queue.size(kListed) == model.size());
    }
    while (const auto expected = model.pop()) RC_ASSERT(queue.pop()->key == *expected);
    RC_ASSERT(queue.size() == 0U);
  }));
}

}  // namespace
}  // namespace cresset::runtime
