#include "controllers/common/executor.h"

#include "tests/unit/controllers/common/executor_fixture.h"

namespace cresset::controllers {
namespace {

TEST_F(ExecutorTest, NothingIsMadeOrDeletedForAnOwnerThatIsNotAsItWasSeen) {
  auto changed = owner();
  ++changed.generation;
  auto namesake = owner();
  namesake.uid = base::Uid("another");
  auto gone = owner();
  gone.name = "gone";
  for (const auto& seen : {changed, namesake, gone}) {
    Plan plan;
    plan.look_at_owner = true;
    plan.changes = {pod("digits-0")};
    plan.status = Json{{"state", "Failed"}};
    plan.status_first = true;
    const auto done = apply(plan, seen);
    ASSERT_FALSE(done);
    EXPECT_TRUE(base::is_conflict(done.error())) << done.error().message();
    plan.changes = {Delete{kube::kPods, {"team", "digits-0"}, base::Uid("x"), {}}};
    EXPECT_FALSE(apply(plan, seen));
  }
  EXPECT_THAT(verbs(), ElementsAre());
  Plan plan;
  plan.look_at_owner = true;
  plan.changes = {pod("digits-0")};
  EXPECT_TRUE(apply(plan));
}

TEST_F(ExecutorTest, CarriesChangesOutInOrderAndWritesTheStatusLast) {
  const auto old = api_.seed(kube::kPods, {{"metadata", {{"name", "old"}, {"namespace", "team"}}}});
  Plan plan;
  plan.changes = {pod("digits-0"),
                  Delete{kube::kPods, {"team", "old"}, kube::decode_meta(old).uid, {}},
                  pod("digits-1")};
  plan.status = Json{{"state", "Pending"}};
  ASSERT_TRUE(apply(plan));
  EXPECT_THAT(verbs(),
              ElementsAre("create digits-0", "remove old", "create digits-1", "apply digits"));
  EXPECT_EQ((*api_.find(kube::kTrainingJobs, {"team", "digits"}))["status"]["state"], "Pending");
}

TEST_F(ExecutorTest, WritesTheStatusBeforeTheChangesWhenThePlanSaysSo) {
  Plan plan;
  plan.changes = {pod("digits-0")};
  plan.status = Json{{"state", "Failed"}};
  plan.status_first = true;
  ASSERT_TRUE(apply(plan));
  EXPECT_THAT(verbs(), ElementsAre("apply digits", "create digits-0"));
}

TEST_F(ExecutorTest, ManyPodsAreMadeWhateverTheirNumber) {
  Plan plan;
  for (int i = 0; i < 150; ++i) plan.changes.push_back(pod("digits-" + std::to_string(i)));
  ASSERT_TRUE(apply(plan));
  EXPECT_EQ(api_.all(kube::kPods).size(), 150U);
}

TEST_F(ExecutorTest, ARefusalOfTheFirstPodCostsOneCall) {
  api_.set_fault([](const testing::FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.verb == "create" && call.resource == kube::kPods) return base::forbidden("quota");
    return std::nullopt;
  });
  Plan plan;
  for (int i = 0; i < 100; ++i) plan.changes.push_back(pod("digits-" + std::to_string(i)));
  plan.status = Json{{"state", "Pending"}};
  const auto done = apply(plan);
  ASSERT_FALSE(done);
  EXPECT_TRUE(base::is_forbidden(done.error()));
  EXPECT_EQ(api_.calls("create").size(), 1U);
  EXPECT_TRUE(api_.calls("apply").empty()) << "no status after a refusal";
}

TEST_F(ExecutorTest, OfAPlanThatWasStoppedItTellsWhatWasDone) {
  const auto old = api_.seed(kube::kPods, {{"metadata", {{"name", "old"}, {"namespace", "team"}}}});
  Plan plan;
  plan.changes = {Delete{kube::kPods, {"team", "old"}, kube::decode_meta(old).uid, {}},
                  pod("digits-0"), pod("digits-1"),
                  Delete{kube::kPods, {"team", "older"}, base::Uid("x"), {}}};
  plan.status = Json{{"state", "Pending"}};
  plan.again_after = std::chrono::seconds(1);
  api_.set_fault([](const testing::FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.key.name == "digits-1") return base::unavailable("500");
    return std::nullopt;
  });
  const auto stopped = executor_.apply(plan, kube::kTrainingJobs, owner());
  ASSERT_FALSE(stopped.result);
  EXPECT_THAT(changed(stopped.done), ElementsAre("old", "digits-0"));
  EXPECT_FALSE(stopped.done.status);
  plan.status_first = true;
  EXPECT_TRUE(executor_.apply(plan, kube::kTrainingJobs, owner()).done.status);
  api_.set_fault({});
  const auto whole = executor_.apply(plan, kube::kTrainingJobs, owner());
  ASSERT_TRUE(whole.result);
  EXPECT_THAT(changed(whole.done), ElementsAre("old", "digits-0", "digits-1", "older"));
  EXPECT_TRUE(whole.done.status);
  EXPECT_EQ(whole.done.again_after, plan.again_after);
}

TEST_F(ExecutorTest, AHintThatIsRefusedStopsNothingIsNotWaitedForAndIsTold) {
  api_.set_fault([](const testing::FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.verb == "merge_patch") return base::forbidden("not while I am on duty");
    return std::nullopt;
  });
  Plan plan;
  plan.changes = {Patch{.resource = kube::kServices,
                        .key = {"team", "digits-workers"},
                        .uid = base::Uid("x"),
                        .patch = {{"spec", {{"type", "ClusterIP"}}}},
                        .hint = true},
                  pod("digits-0")};
  plan.status = Json{{"state", "Pending"}};
  const auto applied = executor_.apply(plan, kube::kTrainingJobs, owner());
  ASSERT_TRUE(applied.result);
  EXPECT_THAT(changed(applied.done), ElementsAre("digits-0"));
  EXPECT_TRUE(applied.done.status);
  const auto told = [this] { return api_.all(kube::kEvents); };
  ASSERT_TRUE(api_.wait_for([&] { return told().size() == 1; }));
  EXPECT_EQ(told()[0]["reason"], "ChangeRefused");
  EXPECT_EQ(told()[0]["note"],
            "Service digits-workers is not as it should be: not while I am on duty");
  // One that met nobody is not worth a word.
  plan.changes = {std::get<Patch>(plan.changes[0])};
  plan.status.reset();
  api_.set_fault([](const testing::FakeApi::Call&) { return base::not_found("gone"); });
  EXPECT_TRUE(executor_.apply(plan, kube::kTrainingJobs, owner()).done.empty());
}

TEST_F(ExecutorTest, ItIsToldWhenTheOwnerIsNotWhatWasPlannedFrom) {
  auto old = owner();
  api_.set_status(kube::kTrainingJobs, {"team", "digits"}, {{"state", "Pending"}});
  Plan plan;
  plan.status = Json{{"state", "Failed"}};
  for (const bool first : {true, false}) {
    plan.status_first = first;
    EXPECT_TRUE(executor_.apply(plan, kube::kTrainingJobs, old).outdated);
    EXPECT_FALSE(executor_.apply(plan, kube::kTrainingJobs, owner()).outdated);
  }
  old.uid = base::Uid("another");
  EXPECT_TRUE(
      executor_
          .apply({.changes = {pod("digits-0")}, .look_at_owner = true}, kube::kTrainingJobs, old)
          .outdated);
  const Delete of_an_old_version{
      kube::kTrainingJobs, {"team", "digits"}, owner().uid, {}, base::ResourceVersion("1000000")};
  const auto kept = executor_.apply({.changes = {of_an_old_version}}, kube::kTrainingJobs, owner());
  EXPECT_FALSE(kept.result);
  EXPECT_TRUE(kept.outdated);
}

TEST_F(ExecutorTest, OfAPlanThatCouldNotBeginNothingWasDone) {
  api_.set_fault([](const testing::FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.subresource == "status") return base::conflict("modified");
    return std::nullopt;
  });
  Plan plan;
  plan.changes = {pod("digits-0")};
  plan.status = Json{{"state", "Failed"}};
  plan.status_first = true;
  const auto applied = executor_.apply(plan, kube::kTrainingJobs, owner());
  ASSERT_FALSE(applied.result);
  EXPECT_TRUE(applied.done.empty()) << applied.done;
}

TEST_F(ExecutorTest, ANameThatIsOursAlreadyIsFine) {
  ASSERT_TRUE(apply({.changes = {pod("digits-0")}}));
  EXPECT_TRUE(apply({.changes = {pod("digits-0"), pod("digits-1")}}));
  EXPECT_EQ(api_.all(kube::kPods).size(), 2U);
}

TEST_F(ExecutorTest, ANameThatSomebodyElseHasIsRefusedWithWordsAndLeftAlone) {
  const auto theirs =
      api_.seed(kube::kPods, {{"metadata", {{"name", "digits-0"}, {"namespace", "team"}}}});
  const auto done = apply({.changes = {pod("digits-0")}});
  ASSERT_FALSE(done);
  EXPECT_TRUE(base::is_already_exists(done.error()));
  EXPECT_EQ(done.error().message(),
            "Pod team/digits-0 exists and belongs to somebody else (no owner), so it is left as it "
            "is; delete it, or give the TrainingJob another name");
  EXPECT_EQ(api_.find(kube::kPods, {"team", "digits-0"}), theirs);
}

TEST_F(ExecutorTest, WhatIsLeftOfAnEarlierOwnerIsWaitedFor) {
  auto earlier = owner();
  earlier.uid = base::Uid("the one before");
  const auto left = api_.seed(
      kube::kPods, {{"metadata",
                     {{"name", "digits-0"},
                      {"namespace", "team"},
                      {"ownerReferences", owner_references(kube::kTrainingJobs, earlier)}}}});
  const auto done = apply({.changes = {pod("digits-0")}});
  ASSERT_FALSE(done);
  EXPECT_TRUE(base::is_conflict(done.error()));
  EXPECT_EQ(api_.find(kube::kPods, {"team", "digits-0"}), left);
}

TEST_F(ExecutorTest, ANamesakeOfAnotherUidIsNotApplied) {
  const Apply change{kube::kServices,
                     {"team", "digits"},
                     base::Uid("the one before"),
                     {{"metadata", {{"name", "digits"}}}, {"spec", {{"ours", true}}}}};
  EXPECT_TRUE(base::is_conflict(apply({.changes = {change}}).error())) << "it makes nothing";
  const auto theirs =
      api_.seed(kube::kServices, {{"metadata", {{"name", "digits"}, {"namespace", "team"}}}});
  EXPECT_TRUE(base::is_conflict(apply({.changes = {change}}).error()));
  EXPECT_EQ(api_.find(kube::kServices, {"team", "digits"}), theirs);
}

TEST_F(ExecutorTest, TheStatusIsNotWrittenOverAVersionThatWasNotSeen) {
  const auto stale = owner();
  ASSERT_TRUE(apply({.status = Json{{"restarts", 1}}}));
  const auto done = apply({.status = Json{{"restarts", 7}}}, stale);
  ASSERT_FALSE(done);
  EXPECT_TRUE(base::is_conflict(done.error()));
  EXPECT_EQ((*api_.find(kube::kTrainingJobs, {"team", "digits"}))["status"]["restarts"], 1);
}

TEST_F(ExecutorTest, ThatAnOwnerIsGoneIsToldLikeANewerVersionSinceWhoSaysItMayBeWrong) {
  const auto gone = owner();
  ASSERT_TRUE(api_.remove(kube::kTrainingJobs, {"team", "digits"}));
  const auto applied =
      executor_.apply({.status = Json{{"state", "Failed"}}}, kube::kTrainingJobs, gone);
  ASSERT_FALSE(applied.result);
  EXPECT_TRUE(base::is_conflict(applied.result.error()));
  EXPECT_TRUE(applied.outdated);
  EXPECT_FALSE(applied.done.status);
}

TEST(AsSeenIn, IsFalseOnceTheOwnerIsAnotherOneGoesOrHasAnotherSpec) {
  runtime::Store<Child> store;
  const kube::ObjectMeta seen{
      .ns = "team", .name = "digits", .uid = base::Uid("u1"), .generation = 1};
  const auto put = [&](const std::function<void(kube::ObjectMeta&)>& change) {
    Child now{.meta = seen, .spec = {}, .status = {}};
    change(now.meta);
    store.put(std::make_shared<const Child>(std::move(now)));
  };
  const auto is_as_seen = as_seen_in(store);
  EXPECT_FALSE(is_as_seen(seen)) << "it is gone";
  put([](auto& meta) { meta.resource_version = base::ResourceVersion("a status was written"); });
  EXPECT_TRUE(is_as_seen(seen));
  put([](auto& meta) { meta.generation = 2; });
  EXPECT_FALSE(is_as_seen(seen));
  put([](auto& meta) { meta.uid = base::Uid("u2"); });
  EXPECT_FALSE(is_as_seen(seen));
  put([](auto& meta) { meta.deleted = base::WallTime(); });
  EXPECT_FALSE(is_as_seen(seen));
}

}  // namespace
}  // namespace cresset::controllers
