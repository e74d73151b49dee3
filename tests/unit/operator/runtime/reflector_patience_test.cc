// How often a server is asked that cannot answer, and that hours of quiet change nothing.
#include "tests/unit/operator/runtime/reflector_fixture.h"

namespace cresset::runtime {
namespace {

TEST_F(Reflectors, AServerThatIsAwayForTenMinutesIsAskedRarelyAndFoundSoonAfter) {
  flag_ = true;
  api_.set_fault([this](const FakeApi::Call&) -> std::optional<base::Error> {
    if (flag_) return base::unavailable("refused");
    return std::nullopt;
  });
  start();
  pass(10min);
  EXPECT_GE(api_.lists().size(), 10U);
  EXPECT_LE(api_.lists().size(), 40U);
  flag_ = false;
  clock_.advance(60s);
  EXPECT_TRUE(wait_for([&] { return api_.watching() == 1; }));
}

TEST_F(Reflectors, WhoIsNeverTrustedIsNotSyncedSaysSoAndAsksRarely) {
  api_.set_fault([](const FakeApi::Call&) { return base::unauthorized("Unauthorized"); });
  start();
  pass(10min);
  EXPECT_LE(api_.lists().size(), 40U);
  EXPECT_FALSE(reflector_->synced());
  EXPECT_EQ(reflector_->last_error(), "Unauthorized");
}

TEST_F(Reflectors, AServerThatServesNothingForTwoMinutesIsToldUntilItServesSomething) {
  start();
  ASSERT_TRUE(wait_for([&] { return api_.watching() == 1; }));
  flag_ = true;
  api_.set_fault([this](const FakeApi::Call&) -> std::optional<base::Error> {
    if (flag_) return base::unavailable("no leader (HTTP 503)");
    return std::nullopt;
  });
  clock_.advance(2s);
  api_.end_watches();
  pass(119s);
  EXPECT_TRUE(reflector_->served());
  EXPECT_EQ(reflector_->last_error(), "no leader (HTTP 503)");
  // The first failure may have been met later, by as much as the thread was kept from running.
  ASSERT_TRUE(advance_until([&] { return !reflector_->served(); }));
  EXPECT_EQ(reflector_->last_error(),
            "the API server has served no list or watch of pods for 2 minutes; last: no leader "
            "(HTTP 503)");
  EXPECT_TRUE(reflector_->synced()) << "what it told is not taken back";
  flag_ = false;
  ASSERT_TRUE(advance_until([&] { return api_.watching() == 1; }));
  const auto taken = clock_.mono();
  EXPECT_FALSE(reflector_->served()) << "that it takes a watch does not say that it serves one";
  // Nothing happens to the kind: that the watch stays open is enough.
  ASSERT_TRUE(advance_until([&] { return reflector_->served(); }));
  EXPECT_GE(clock_.mono() - taken, 9s);
  clock_.advance(1h);
  EXPECT_TRUE(reflector_->served());
}

TEST_F(Reflectors, WatchesThatAreTakenAndCutAtOnceAreToldAfterTwoMinutes) {
  api_.on_watch = [](const kube::WatchOptions& options,
                     const auto&) -> std::optional<base::Result<void>> {
    options.on_open();
    return base::Result<void>(base::fail(base::unavailable("connection reset by peer")));
  };
  start();
  pass(119s);
  EXPECT_TRUE(reflector_->served());
  // The first failure may have been met later, by as much as the thread was kept from running.
  ASSERT_TRUE(advance_until([&] { return !reflector_->served(); }));
  EXPECT_EQ(reflector_->last_error(),
            "the API server has served no list or watch of pods for 2 minutes; last: connection "
            "reset by peer");
  EXPECT_TRUE(reflector_->synced()) << "what it told is not taken back";
}

TEST_F(Reflectors, AWatchThatToldSomethingServedHoweverSoonItIsCut) {
  api_.on_watch = [](const kube::WatchOptions& options,
                     const auto& on_event) -> std::optional<base::Result<void>> {
    options.on_open();
    on_event({kube::WatchEventType::kBookmark,
              Json{{"metadata", {{"resourceVersion", options.resource_version}}}}});
    return base::Result<void>(base::fail(base::unavailable("connection reset by peer")));
  };
  start();
  pass(5min);
  EXPECT_TRUE(reflector_->served());
}

TEST_F(Reflectors, AWatchThatIsThrottledIsOpenedAgainAtTheSameVersionWithoutAList) {
  flag_ = true;
  api_.on_watch = [this](const kube::WatchOptions&,
                         const auto&) -> std::optional<base::Result<void>> {
    if (flag_.exchange(false)) return base::Result<void>(base::fail(base::exhausted("slow down")));
    return std::nullopt;
  };
  start();
  ASSERT_TRUE(advance_until([&] { return api_.watching() == 1; }));
  EXPECT_GE(clock_.wall() - base::ManualClock().wall(), 800ms);
  EXPECT_EQ(api_.lists().size(), 1U);
  EXPECT_EQ(api_.watches()[1].resource_version, api_.watches()[0].resource_version);
}

TEST_F(Reflectors, AWatchThatIsCutAfterItLivedIsOpenedAgainSoonHoweverOften) {
  constexpr int kCuts = 12;
  std::atomic<int> cuts{0};
  api_.on_watch = [&](const kube::WatchOptions& options,
                      const auto&) -> std::optional<base::Result<void>> {
    if (cuts == kCuts) return std::nullopt;
    options.on_open();
    clock_.advance(40s);
    ++cuts;
    return base::Result<void>(base::fail(base::unavailable("connection reset by peer")));
  };
  start();
  std::chrono::milliseconds waited{0};
  const auto is_open = [&] { return api_.watching() == 1; };
  while (!is_open()) {
    ASSERT_TRUE(wait_for([&] { return is_open() || clock_.waiting() == 1; }));
    if (is_open()) break;
    clock_.advance(200ms);
    waited += 200ms;
  }
  EXPECT_EQ(cuts, kCuts);
  EXPECT_LT(waited, 100s) << "with a wait that doubles it is 230 s";
}

TEST_F(Reflectors, AVersionThatTheServerHasNotReachedIsGivenUpAtOnceForTheNewest) {
  api_.seed(kube::kPods, pod("x"));
  flag_ = false;
  api_.on_list =
      [this](const kube::ListOptions& options) -> std::optional<base::Result<kube::Document>> {
    if (options.resource_version.empty() || options.resource_version == "0") return std::nullopt;
    flag_ = true;
    return base::Result<Json>(base::fail(
        kube::status_error(504, R"({"message": "Too large resource version: 9, current: 8"})")));
  };
  start();
  ASSERT_TRUE(wait_for([&] { return api_.watching() == 1; }));
  api_.set_fault([this](const FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.verb == "watch" && api_.lists().size() == 1) return base::not_found("no such kind");
    return std::nullopt;
  });
  clock_.advance(2s);
  api_.end_watches();
  ASSERT_TRUE(advance_until([&] { return flag_.load(); }));
  ASSERT_TRUE(wait_for([&] { return api_.watching() == 1; }));
  ASSERT_EQ(api_.lists().size(), 3U);
  EXPECT_NE(api_.lists()[1].resource_version, "");
  EXPECT_EQ(api_.lists()[2].resource_version, "");
}

TEST_F(Reflectors, AnHourOfQuietWithoutBookmarksCostsListsAndNothingElse) {
  log_ = base::Log(base::LogLevel::kWarn, [this](auto, const std::string&) { ++count_; });
  api_.seed(kube::kPods, pod("x"));
  start();
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(wait_for([&] { return api_.watching() == 1; }));
    api_.seed(kube::kPods, pod("z", "other"));
    api_.erase(kube::kPods, {"team", "z"});
    api_.compact();
    clock_.advance(90s);
    const size_t asked = api_.watches().size();
    api_.end_watches();
    ASSERT_TRUE(wait_for([&] { return api_.watches().size() > asked; }));
  }
  ASSERT_TRUE(wait_for([&] { return api_.watching() == 1; }));
  EXPECT_LE(api_.lists().size(), 41U);
  EXPECT_EQ(count_, 0) << "a quiet watch that ends is nothing to warn of, and nothing to wait for";
  EXPECT_EQ(names(), "x");
  api_.seed(kube::kPods, pod("y"));
  EXPECT_TRUE(wait_for_names("xy"));
}

// And the server ends it before its silence could mean a dead connection (client.h).
TEST_F(Reflectors, AWatchIsShorterThanALoadBalancersPatience) {
  for (const double drawn : {0.0, 0.999999}) {
    Reflector reflector(
        api_, {.resource = kube::kPods}, clock_, [drawn] { return drawn; }, log_);
    const size_t asked = api_.watches().size();
    std::jthread thread([&](std::stop_token stop) { reflector.run(stop, {}); });
    ASSERT_TRUE(wait_for([&] { return api_.watches().size() > asked; }));
    EXPECT_GE(api_.watches().back().timeout_seconds, 70);
    EXPECT_LE(api_.watches().back().timeout_seconds, 95);
  }
  EXPECT_NE(api_.watches().front().timeout_seconds, api_.watches().back().timeout_seconds);
}

TEST_F(Reflectors, AnObjectOfAnotherKindIsLoggedAndPassedOver) {
  std::string logged;
  log_ = base::Log(base::LogLevel::kWarn, [&](base::LogLevel, const std::string& line) {
    std::lock_guard lock(mutex_);
    logged += line;
  });
  flag_ = false;
  api_.on_watch = [this](const kube::WatchOptions&,
                         const auto& on_event) -> std::optional<base::Result<void>> {
    if (flag_.exchange(true)) return std::nullopt;
    auto odd = pod("odd");
    odd["kind"] = "Service";
    on_event({kube::WatchEventType::kAdded, odd});
    return base::Result<void>();
  };
  start();
  ASSERT_TRUE(wait_for([&] { return api_.watching() == 1; }));
  EXPECT_EQ(names(), "");
  thread_.request_stop();
  thread_.join();
  EXPECT_NE(logged.find("watch event skipped: not an object of this kind"), std::string::npos);
}

}  // namespace
}  // namespace cresset::runtime
