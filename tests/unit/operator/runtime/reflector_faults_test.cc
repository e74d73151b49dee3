#include "tests/unit/operator/runtime/reflector_fixture.h"

namespace cresset::runtime {
namespace {

TEST_F(Reflectors, A410OnTheWatchListsTheNewestOnceAndTellsWhatVanished) {
  api_.seed(kube::kPods, pod("x"));
  api_.seed(kube::kPods, pod("y"));
  start();
  ASSERT_TRUE(wait_for([&] { return api_.watching() == 1; }));
  api_.set_fault([this](const FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.verb == "watch" && api_.lists().size() == 1) return base::gone("too old");
    return std::nullopt;
  });
  clock_.advance(2s);
  api_.end_watches();
  ASSERT_TRUE(wait_for([&] { return api_.lists().size() == 2 && api_.watching() == 1; }));
  EXPECT_EQ(api_.lists()[1].resource_version, "");
  EXPECT_EQ(replaces(), 2);
}

TEST_F(Reflectors, A410AsAnEventInTheStreamIsTheSame) {
  flag_ = false;
  api_.on_watch = [this](const kube::WatchOptions&,
                         const auto& on_event) -> std::optional<base::Result<void>> {
    if (flag_.exchange(true)) return std::nullopt;
    on_event({kube::WatchEventType::kError,
              Json{{"kind", "Status"}, {"code", 410}, {"reason", "Expired"}, {"message", "old"}}});
    on_event({kube::WatchEventType::kAdded, pod("ghost")});
    return base::Result<void>(base::fail(base::cancelled("stopped")));
  };
  start();
  ASSERT_TRUE(wait_for([&] { return api_.lists().size() == 2 && api_.watching() == 1; }));
  EXPECT_EQ(api_.lists()[1].resource_version, "");
  EXPECT_EQ(names(), "");
}

TEST_F(Reflectors, AServerThatAlwaysAnswers410IsNotAskedInATightLoop) {
  api_.set_fault([](const FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.verb == "watch") return base::gone("too old");
    return std::nullopt;
  });
  start();
  ASSERT_TRUE(wait_for([&] { return api_.watches().size() == 2; }));
  EXPECT_TRUE(advance_until([&] { return api_.watches().size() >= 4; }));
  EXPECT_GE(clock_.wall() - base::ManualClock().wall(), 800ms);
}

TEST_F(Reflectors, AfterANetworkErrorTheWatchIsOpenedAgainAtTheSameVersionAfterAWait) {
  flag_ = true;
  api_.on_watch = [this](const kube::WatchOptions&,
                         const auto&) -> std::optional<base::Result<void>> {
    if (flag_) return base::Result<void>(base::fail(base::unavailable("refused")));
    return std::nullopt;
  };
  start();
  ASSERT_TRUE(wait_for([&] { return api_.watches().size() == 1; }));
  flag_ = false;
  ASSERT_TRUE(advance_until([&] { return api_.watching() == 1; }));
  EXPECT_GE(clock_.wall() - base::ManualClock().wall(), 800ms);
  EXPECT_EQ(api_.lists().size(), 1U);
  EXPECT_EQ(api_.watches()[1].resource_version, api_.watches()[0].resource_version);
}

TEST_F(Reflectors, AWatchThatEndsAtOnceWithoutEventsCountsAsAFailure) {
  api_.on_watch = [this](const kube::WatchOptions&,
                         const auto&) -> std::optional<base::Result<void>> {
    if (++count_ < 4) return base::Result<void>();
    return std::nullopt;
  };
  start();
  ASSERT_TRUE(advance_until([&] { return api_.watching() == 1; }));
  // 0.8 + 1.6 + 3.2 s by the lower end of each span.
  EXPECT_GE(clock_.wall() - base::ManualClock().wall(), 5600ms);
}

TEST_F(Reflectors, OddEventsArePassedOver) {
  flag_ = false;
  api_.on_watch = [this](const kube::WatchOptions&,
                         const auto& on_event) -> std::optional<base::Result<void>> {
    if (flag_.exchange(true)) return std::nullopt;
    on_event({kube::WatchEventType::kAdded, Json{{"kind", "Table"}, {"rows", Json::array()}}});
    on_event({kube::WatchEventType::kModified, Json{{"kind", "Pod"}, {"metadata", "none"}}});
    on_event({kube::WatchEventType::kDeleted, Json::object()});
    return base::Result<void>();
  };
  start();
  ASSERT_TRUE(wait_for([&] { return api_.watching() == 1; }));
  api_.seed(kube::kPods, pod("x"));
  EXPECT_TRUE(wait_for_names("x"));
}

TEST_F(Reflectors, WhatAWatchTellsOnceMoreFromThePastIsPassedOver) {
  api_.seed(kube::kPods, pod("x"));
  const auto at = [](Json object, const char* version) {
    object["metadata"]["resourceVersion"] = version;
    return object;
  };
  api_.on_watch = [&](const kube::WatchOptions& options,
                      const auto& on_event) -> std::optional<base::Result<void>> {
    if (options.resource_version != "90000") {
      on_event({kube::WatchEventType::kModified, at(pod("y"), "90000")});
      on_event({kube::WatchEventType::kModified, at(pod("z"), "89999")});
      on_event({kube::WatchEventType::kBookmark, at({{"kind", "Pod"}}, "89998")});
    }
    return base::Result<void>();
  };
  start();
  ASSERT_TRUE(wait_for([&] { return api_.watches().size() >= 2; }));
  EXPECT_EQ(names(), "xy");
  EXPECT_EQ(api_.watches()[1].resource_version, "90000");
}

TEST_F(Reflectors, A410OnALaterPageStartsAgainAsOneWholeList) {
  for (int i = 0; i < 5; ++i) api_.seed(kube::kPods, pod(std::string(1, 'a' + i)));
  api_.on_list =
      [this](const kube::ListOptions& options) -> std::optional<base::Result<kube::Document>> {
    if (options.limit == 0) return std::nullopt;
    auto smaller = options;
    smaller.limit = 2;
    auto page = api_.FakeApi::list(kube::kPods, smaller);
    api_.compact();
    return page;
  };
  start();
  ASSERT_TRUE(wait_for([&] { return api_.watching() == 1; }));
  EXPECT_EQ(names(), "abcde");
  EXPECT_EQ(replaces(), 1);
  EXPECT_EQ(api_.lists()[2].limit, 0);
  EXPECT_EQ(api_.lists()[2].resource_version, "");
}

TEST_F(Reflectors, AreNotSyncedAndSayWhyWhileTheKindIsMissing) {
  flag_ = true;
  api_.set_fault([this](const FakeApi::Call&) -> std::optional<base::Error> {
    if (flag_) return base::not_found("the server could not find the requested resource");
    return std::nullopt;
  });
  start();
  ASSERT_TRUE(wait_for(
      [&] { return reflector_->last_error().find("could not find") != std::string::npos; }));
  EXPECT_FALSE(reflector_->synced());
  flag_ = false;
  EXPECT_TRUE(advance_until([&] { return reflector_->synced(); }));
}

TEST_F(Reflectors, ARightThatIsTakenAwayLaterShowsAndHeals) {
  start();
  ASSERT_TRUE(wait_for([&] { return api_.watching() == 1; }));
  flag_ = true;
  api_.set_fault([this](const FakeApi::Call&) -> std::optional<base::Error> {
    if (flag_) return base::forbidden("cannot watch resource \"pods\"");
    return std::nullopt;
  });
  clock_.advance(2s);
  api_.end_watches();
  ASSERT_TRUE(wait_for([&] { return !reflector_->synced(); }));
  EXPECT_EQ(reflector_->last_error(), "cannot watch resource \"pods\"");
  flag_ = false;
  ASSERT_TRUE(advance_until([&] { return api_.watching() == 1; }));
  // Nothing happens to the kind: the watch that was taken is enough.
  EXPECT_TRUE(wait_for([&] { return reflector_->synced(); }));
}

}  // namespace
}  // namespace cresset::runtime
