// Lists that come by a watch.
#include "tests/unit/operator/runtime/reflector_fixture.h"

namespace cresset::runtime {
namespace {

// Before a server that streams its lists.
class Streams : public Reflectors {
 protected:
  Streams() { api_.on_stream = {}; }
};

TEST_F(Streams, OneWatchTellsWhatThereIsAndThenWhatHappens) {
  api_.seed(kube::kPods, pod("x"));
  api_.seed(kube::kPods, pod("z", "other"));
  start();
  ASSERT_TRUE(wait_for_names("x"));
  EXPECT_TRUE(wait_for([&] { return reflector_->synced(); }));
  api_.seed(kube::kPods, pod("y"));
  ASSERT_TRUE(wait_for_names("xy"));
  api_.erase(kube::kPods, {"team", "x"});
  ASSERT_TRUE(wait_for_names("y"));
  EXPECT_EQ(replaces(), 1);
  EXPECT_EQ(api_.streams().size(), 1U);
  EXPECT_EQ(api_.streams()[0].resource_version, "") << "the newest";
  EXPECT_EQ(api_.streams()[0].label_selector, "app=a");
  EXPECT_EQ(api_.lists().size(), 0U);
  EXPECT_EQ(api_.watches().size(), 0U);
}

TEST_F(Streams, AnEndedOneGoesOnAsAWatchFromTheLastVersionSeen) {
  api_.seed(kube::kPods, pod("x"));
  start();
  ASSERT_TRUE(wait_for_names("x"));
  const auto version = api_.version();
  clock_.advance(2s);
  api_.end_watches();
  ASSERT_TRUE(wait_for([&] { return api_.watches().size() == 1; }));
  EXPECT_EQ(api_.watches()[0].resource_version, version) << "that of the bookmark at the end";
  api_.seed(kube::kPods, pod("y"));
  ASSERT_TRUE(wait_for_names("xy"));
  EXPECT_EQ(api_.streams().size(), 1U);
  EXPECT_EQ(api_.lists().size(), 0U);
}

TEST_F(Streams, A410BeginsAnewByOneThatTellsTheNewest) {
  api_.seed(kube::kPods, pod("x"));
  api_.seed(kube::kPods, pod("y"));
  start();
  ASSERT_TRUE(wait_for_names("xy"));
  api_.set_fault([this](const FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.verb != "watch" || flag_.exchange(true)) return std::nullopt;
    api_.erase(kube::kPods, {"team", "x"});
    return base::gone("too old");
  });
  clock_.advance(2s);
  api_.end_watches();
  ASSERT_TRUE(wait_for_names("y"));
  EXPECT_EQ(replaces(), 2);
  EXPECT_EQ(api_.streams()[1].resource_version, "");
  EXPECT_EQ(api_.lists().size(), 0U);
}

TEST_F(Streams, NothingOfAnUnfinishedBeginningIsTold) {
  api_.on_stream = [this](const kube::WatchOptions&, std::stop_token,
                          const auto& on_event) -> std::optional<base::Result<void>> {
    if (flag_.exchange(true)) return std::nullopt;
    on_event({kube::WatchEventType::kAdded, pod("ghost")});
    on_event({kube::WatchEventType::kBookmark, Json{{"metadata", {{"resourceVersion", "7"}}}}});
    return base::Result<void>(base::fail(base::gone("too large")));
  };
  api_.seed(kube::kPods, pod("x"));
  start();
  ASSERT_TRUE(wait_for_names("x"));
  EXPECT_EQ(replaces(), 1);
  EXPECT_EQ(api_.streams()[1].resource_version, "") << "not that of an event of the beginning";
}

TEST_F(Streams, ChangesAndDeletionsDuringTheBeginningAreObeyed) {
  api_.on_stream = [](const kube::WatchOptions&, std::stop_token,
                      const auto& on_event) -> std::optional<base::Result<void>> {
    for (const char* name : {"a", "b", "c"}) on_event({kube::WatchEventType::kAdded, pod(name)});
    on_event({kube::WatchEventType::kModified, pod("c", "changed")});
    on_event({kube::WatchEventType::kDeleted, pod("b")});
    on_event({kube::WatchEventType::kAdded, Json{{"kind", "Table"}, {"rows", Json::array()}}});
    on_event({kube::WatchEventType::kBookmark,
              Json{{"metadata",
                    {{"resourceVersion", "7"},
                     {"annotations", {{"k8s.io/initial-events-end", "true"}}}}}}});
    return base::Result<void>();
  };
  start();
  ASSERT_TRUE(wait_for_names("ac"));
  ASSERT_TRUE(wait_for([&] { return api_.watches().size() == 1; }));
  EXPECT_EQ(api_.watches()[0].resource_version, "7");
  std::lock_guard lock(mutex_);
  EXPECT_EQ(base::text_at(held_["c"], "/metadata/labels/app"), "changed");
}

TEST_F(Streams, AStopEndsABeginningThatDoesNotEnd) {
  api_.on_stream = [this](const kube::WatchOptions&, std::stop_token stop,
                          const auto&) -> std::optional<base::Result<void>> {
    flag_ = true;
    while (!stop.stop_requested()) std::this_thread::yield();
    return base::Result<void>(base::fail(base::cancelled("told to stop")));
  };
  start();
  ASSERT_TRUE(wait_for([&] { return flag_.load(); }));
  thread_.request_stop();
  thread_.join();
  EXPECT_EQ(api_.lists().size(), 0U);
}

}  // namespace
}  // namespace cresset::runtime
