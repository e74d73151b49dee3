#include "tests/unit/operator/runtime/reflector_fixture.h"

namespace cresset::runtime {
namespace {

TEST_F(Reflectors, ListTheNewestThenWatchFromThatOfTheList) {
  api_.seed(kube::kPods, pod("x"));
  start();
  ASSERT_TRUE(wait_for([&] { return api_.watching() == 1; }));
  EXPECT_EQ(names(), "x");
  EXPECT_EQ(api_.lists()[0].resource_version, "");
  EXPECT_EQ(api_.lists()[0].limit, 500);
  EXPECT_EQ(api_.lists()[0].label_selector, "app=a");
  EXPECT_EQ(api_.watches()[0].resource_version, api_.version());
  EXPECT_TRUE(reflector_->synced());
}

TEST_F(Reflectors, TellTheItemsOfAListThoughTheyNameNoKind) {
  api_.seed(kube::kPods, pod("x"));
  start();
  ASSERT_TRUE(wait_for([&] { return api_.watching() == 1; }));
  api_.seed(kube::kPods, pod("y"));
  ASSERT_TRUE(wait_for_names("xy"));
  std::lock_guard lock(mutex_);
  EXPECT_EQ(base::text_at(held_["x"], "/kind"), "");
  EXPECT_EQ(base::text_at(held_["y"], "/kind"), "Pod");
}

TEST_F(Reflectors, FollowAddsChangesAndDeletes) {
  start();
  ASSERT_TRUE(wait_for([&] { return api_.watching() == 1; }));
  api_.seed(kube::kPods, pod("x"));
  api_.seed(kube::kPods, pod("y"));
  api_.seed(kube::kPods, pod("z", "other"));
  ASSERT_TRUE(wait_for_names("xy"));
  api_.set_status(kube::kPods, {"team", "x"}, {{"phase", "Running"}});
  ASSERT_TRUE(wait_for([&] {
    std::lock_guard lock(mutex_);
    return base::text_at(held_["x"], "/status/phase") == "Running";
  }));
  api_.erase(kube::kPods, {"team", "y"});
  ASSERT_TRUE(wait_for_names("x"));
  EXPECT_EQ(replaces(), 1);
}

TEST_F(Reflectors, OpenAnEndedWatchAgainAtTheLastVersionSeenWithoutAList) {
  start();
  ASSERT_TRUE(wait_for([&] { return api_.watching() == 1; }));
  api_.seed(kube::kPods, pod("x"));
  ASSERT_TRUE(wait_for_names("x"));
  const auto version = api_.version();
  clock_.advance(2s);
  api_.end_watches();
  ASSERT_TRUE(wait_for([&] { return api_.watches().size() == 2; }));
  EXPECT_EQ(api_.watches()[1].resource_version, version);
  api_.seed(kube::kPods, pod("y"));
  ASSERT_TRUE(wait_for_names("xy"));
  EXPECT_EQ(api_.lists().size(), 1U);
}

TEST_F(Reflectors, ABookmarkMovesTheVersionAndNothingElse) {
  api_.seed(kube::kPods, pod("x"));
  api_.on_watch = [](const kube::WatchOptions& options,
                     const auto& on_event) -> std::optional<base::Result<void>> {
    if (options.resource_version == "777") return std::nullopt;
    on_event({kube::WatchEventType::kBookmark,
              Json{{"kind", "Pod"}, {"metadata", {{"resourceVersion", "777"}}}}});
    return base::Result<void>();
  };
  start();
  ASSERT_TRUE(wait_for([&] { return api_.watches().size() == 2; }));
  EXPECT_EQ(api_.watches()[1].resource_version, "777");
  EXPECT_EQ(names(), "x");
}

TEST_F(Reflectors, AListOfSeveralPagesIsToldWhole) {
  for (int i = 0; i < 5; ++i) api_.seed(kube::kPods, pod(std::string(1, 'a' + i)));
  api_.on_list =
      [this](const kube::ListOptions& options) -> std::optional<base::Result<kube::Document>> {
    if (options.limit == 0) return std::nullopt;
    auto smaller = options;
    smaller.limit = 2;
    return api_.FakeApi::list(kube::kPods, smaller);
  };
  start();
  ASSERT_TRUE(wait_for([&] { return api_.watching() == 1; }));
  EXPECT_EQ(names(), "abcde");
  EXPECT_EQ(replaces(), 1);
}

TEST_F(Reflectors, AStopEndsARunningWatchAndAWaitAfterAFailure) {
  start();
  ASSERT_TRUE(wait_for([&] { return api_.watching() == 1; }));
  thread_.request_stop();
  thread_.join();
  EXPECT_EQ(api_.watching(), 0);
  api_.set_fault([](const FakeApi::Call&) { return base::unavailable("down"); });
  start();
  ASSERT_TRUE(wait_for([&] { return reflector_->last_error() == "down"; }));
  thread_.request_stop();
  thread_.join();
}

}  // namespace
}  // namespace cresset::runtime
