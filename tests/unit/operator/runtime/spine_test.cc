// Informer, queue, controller and manager together: many events, many objects, many starts.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "operator/runtime/controller.h"
#include "operator/runtime/manager.h"
#include "tests/support/fake_api.h"

namespace cresset::runtime::spine_test {
namespace {

using namespace std::chrono_literals;
using base::Json;
using kube::ObjectKey;
using testing::FakeApi;

struct Pod {
  kube::ObjectMeta meta;
  std::string note;
};

base::Result<Pod> decode_pod(const kube::JsonView& object) {
  return Pod{kube::decode_meta(object), std::string(object.text_at("/status/note"))};
}

ObjectKey key_of(int i) { return {"team", "pod-" + std::to_string(i)}; }

Json pod(int i) { return {{"metadata", {{"namespace", "team"}, {"name", key_of(i).name}}}}; }

// What main makes of these parts, over one kind.
struct Spine {
  Spine(FakeApi& api, base::Clock& clock, Reconcile reconcile)
      : queue(clock, [] { return 0.0; }),
        pods(
            api, {.resource = kube::kPods}, decode_pod, clock, [] { return 0.0; }, base::silent()),
        controller({.name = "pod", .workers = 2}, queue, std::move(reconcile), clock, metrics,
                   base::silent()) {
    pods.on_change([this](const Pod* before, const Pod* after) {
      queue.add((after != nullptr ? after : before)->meta.key());
    });
    manager.add(pods);
    manager.add_after_sync(controller);
  }
  void start() {
    thread = std::jthread([this](std::stop_token stop) { EXPECT_TRUE(manager.run(stop)); });
  }

  base::Metrics metrics;
  WorkQueue queue;
  Informer<Pod> pods;
  Controller controller;
  Manager manager{base::silent()};
  std::jthread thread;
};

class Spines : public ::testing::Test {
 protected:
  base::ManualClock clock_;
  FakeApi api_;
  std::atomic<bool> held_ = false;
  std::atomic<int> reconciles_ = 0;
};

TEST_F(Spines, TenThousandEventsOfAHundredObjectsWaitAsAHundredKeysAndTheLastCounts) {
  Spine spine(api_, clock_, [this](const ObjectKey&) -> base::Result<Outcome> {
    ++reconciles_;
    held_.wait(true);
    return Outcome{};
  });
  held_ = true;
  spine.start();
  for (int i = 0; i < 100; ++i) api_.seed(kube::kPods, pod(i));
  for (int change = 1; change < 100; ++change)
    for (int i = 0; i < 100; ++i)
      api_.set_status(kube::kPods, key_of(i), {{"note", std::to_string(change)}});
  ASSERT_TRUE(api_.wait_for([&] {
    const auto last = spine.pods.store().get(key_of(99));
    return last != nullptr && last->note == "99";
  }));
  EXPECT_LE(spine.queue.remembered(), 102U) << "each key once, and the two that are worked on";
  held_ = false;
  held_.notify_all();
  EXPECT_TRUE(api_.wait_for([&] { return spine.queue.remembered() == 0; }));
  EXPECT_LE(reconciles_, 102);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(spine.pods.store().get(key_of(i))->note, "99");
}

TEST_F(Spines, ATenantWithTenThousandObjectsHoldsNobodyElsesOnlyOneBack) {
  std::mutex mutex;
  std::vector<std::string> turns;
  Spine spine(api_, clock_, [&](const ObjectKey& key) -> base::Result<Outcome> {
    {
      std::lock_guard lock(mutex);
      turns.push_back(key.ns);
    }
    held_.wait(true);
    return Outcome{};
  });
  held_ = true;
  spine.start();
  for (int i = 0; i < 10000; ++i) api_.seed(kube::kPods, pod(i));
  api_.seed(kube::kPods, {{"metadata", {{"namespace", "calm"}, {"name", "only"}}}});
  api_.seed(kube::kPods, {{"metadata", {{"namespace", "late"}, {"name", "last"}}}});
  // One after the other goes into the store and is told: that one is there says that calm's was.
  ASSERT_TRUE(api_.wait_for([&] { return spine.pods.store().size() == 10002; }));
  held_ = false;
  held_.notify_all();
  ASSERT_TRUE(api_.wait_for([&] { return spine.queue.remembered() == 0; }));
  const auto calm = std::find(turns.begin(), turns.end(), "calm");
  EXPECT_LE(calm - turns.begin(), 5) << "after those that were begun and its two neighbours' turns";
  EXPECT_EQ(turns.size(), 10002U);
}

TEST_F(Spines, AHundredChangesDuringAReconcileCostOneMore) {
  Spine spine(api_, clock_, [this](const ObjectKey&) -> base::Result<Outcome> {
    ++reconciles_;
    held_.wait(true);
    return Outcome{};
  });
  held_ = true;
  api_.seed(kube::kPods, pod(0));
  spine.start();
  ASSERT_TRUE(api_.wait_for([&] { return reconciles_ == 1; }));
  for (int change = 1; change <= 100; ++change)
    api_.set_status(kube::kPods, key_of(0), {{"note", std::to_string(change)}});
  ASSERT_TRUE(api_.wait_for([&] { return spine.pods.store().get(key_of(0))->note == "100"; }));
  held_ = false;
  held_.notify_all();
  EXPECT_TRUE(api_.wait_for([&] { return spine.queue.remembered() == 0; }));
  EXPECT_EQ(reconciles_, 2);
}

TEST_F(Spines, OfAThousandObjectsThatWereMadeAndDeletedNothingIsKept) {
  Spine* all = nullptr;
  Spine spine(api_, clock_, [&](const ObjectKey& key) -> base::Result<Outcome> {
    if (all->pods.store().get(key) == nullptr) return Outcome{};
    if (++reconciles_ % 2 == 0) return Outcome{.again_after = 10s};
    return base::fail(base::unavailable("not now"));
  });
  all = &spine;
  spine.start();
  std::string before;
  for (int i = 0; i < 1000; ++i) {
    api_.seed(kube::kPods, pod(i));
    ASSERT_TRUE(api_.wait_for([&] { return reconciles_ > i; }));
    if (i == 1) before = spine.metrics.render();
    api_.erase(kube::kPods, key_of(i));
  }
  EXPECT_TRUE(api_.wait_for([&] {
    clock_.advance(1s);
    return spine.queue.remembered() == 0;
  }));
  EXPECT_EQ(spine.pods.store().size(), 0U);
  const auto after = spine.metrics.render();
  EXPECT_EQ(std::count(after.begin(), after.end(), '\n'),
            std::count(before.begin(), before.end(), '\n'));
}

TEST_F(Spines, AThousandStartsAndStopsEnd) {
  for (int i = 0; i < 10; ++i) api_.seed(kube::kPods, pod(i));
  for (int round = 0; round < 1000; ++round) {
    Spine spine(api_, clock_, [this](const ObjectKey&) -> base::Result<Outcome> {
      ++reconciles_;
      return Outcome{};
    });
    // Stopped at another moment of the start each time; there are ten to reconcile in all.
    const int enough = reconciles_ + round % 10;
    spine.start();
    while (reconciles_ < enough) std::this_thread::yield();
  }
  EXPECT_EQ(api_.watching(), 0);
}

}  // namespace
}  // namespace cresset::runtime::spine_test
