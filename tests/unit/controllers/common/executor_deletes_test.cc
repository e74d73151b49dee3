#include "controllers/common/executor.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "tests/unit/controllers/common/executor_fixture.h"

namespace cresset::controllers {
namespace {

TEST_F(ExecutorTest, ManyPodsAreDeletedAtOnce) {
  Plan plan;
  for (int i = 0; i < 200; ++i) {
    const auto pod = kube::decode_meta(api_.seed(
        kube::kPods, {{"metadata", {{"name", "p" + std::to_string(i)}, {"namespace", "team"}}}}));
    plan.changes.push_back(Delete{kube::kPods, pod.key(), pod.uid, {}});
  }
  std::mutex mutex;
  std::condition_variable changed;
  size_t under_way = 0, most = 0;
  api_.set_fault([&](const testing::FakeApi::Call&) -> std::optional<base::Error> {
    std::unique_lock lock(mutex);
    most = std::max(most, ++under_way);
    changed.notify_all();
    const bool together =
        changed.wait_for(lock, std::chrono::seconds(5), [&] { return most >= kCallsAtOnce; });
    --under_way;
    if (together) return std::nullopt;
    return base::internal("alone");
  });
  ASSERT_TRUE(executor_.apply(plan, kube::kTrainingJobs, owner()).result);
  EXPECT_TRUE(api_.all(kube::kPods).empty());
}

TEST_F(ExecutorTest, APodThatHasANewerVersionThanWasSeenHoldsTheOthersUpInNothing) {
  Plan plan;
  for (const std::string name : {"digits-0", "digits-1", "digits-2"}) {
    const auto pod = kube::decode_meta(
        api_.seed(kube::kPods, {{"metadata", {{"name", name}, {"namespace", "team"}}}}));
    plan.changes.push_back(Delete{kube::kPods, pod.key(), pod.uid, {}, pod.resource_version});
  }
  api_.set_status(kube::kPods, {"team", "digits-1"}, {{"phase", "Succeeded"}});
  const auto applied = executor_.apply(plan, kube::kTrainingJobs, owner());
  ASSERT_FALSE(applied.result);
  EXPECT_TRUE(base::is_conflict(applied.result.error()));
  EXPECT_THAT(changed(applied.done), ElementsAre("digits-0", "digits-2"));
  EXPECT_FALSE(applied.outdated) << "the owner is what it was";
  EXPECT_TRUE(api_.find(kube::kPods, {"team", "digits-1"}));
}

TEST_F(ExecutorTest, WhatIsNoLongerOfTheVersionToDeleteIsAConflictAndStays) {
  const auto seen = kube::decode_meta(
      api_.seed(kube::kPods, {{"metadata", {{"name", "digits-0"}, {"namespace", "team"}}}}));
  api_.set_status(kube::kPods, seen.key(), {{"phase", "Running"}});
  Delete change{kube::kPods, seen.key(), seen.uid, std::nullopt, seen.resource_version};
  const auto refused = apply({.changes = {change}});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(base::is_conflict(refused.error())) << refused.error().message();
  const auto now = api_.find(kube::kPods, seen.key());
  ASSERT_TRUE(now.has_value());
  change.version = kube::decode_meta(*now).resource_version;
  EXPECT_TRUE(apply({.changes = {change}}));
  EXPECT_FALSE(api_.find(kube::kPods, seen.key()).has_value());
}

TEST_F(ExecutorTest, ANamesakeOfAnotherUidIsNotDeleted) {
  api_.seed(kube::kPods, {{"metadata", {{"name", "digits-0"}, {"namespace", "team"}}}});
  EXPECT_TRUE(apply(
      {.changes = {Delete{kube::kPods, {"team", "digits-0"}, base::Uid("the one before"), {}}}}));
  EXPECT_TRUE(api_.find(kube::kPods, {"team", "digits-0"}));
}

}  // namespace
}  // namespace cresset::controllers
