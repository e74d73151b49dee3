// Servers that stream no lists, or badly: the reflector lists and watches instead.
#include "tests/unit/operator/runtime/reflector_fixture.h"

namespace cresset::runtime {
namespace {

class StreamFaults : public Reflectors {
 protected:
  using OnEvent = std::function<void(kube::WatchEvent)>;
  using Answer = std::function<base::Result<void>(std::stop_token stop, const OnEvent& on_event)>;

  StreamFaults() { api_.seed(kube::kPods, pod("x")); }

  // To all of them.
  void answer_streams(Answer answer) {
    api_.on_stream = [answer](const kube::WatchOptions&, std::stop_token stop,
                              const OnEvent& on_event) -> std::optional<base::Result<void>> {
      return answer(stop, on_event);
    };
  }
  void refuse_streams_with(base::Error error) {
    answer_streams([error](std::stop_token, const OnEvent&) -> base::Result<void> {
      return base::fail(error);
    });
  }
  // What there is was told by a list, and then it is watched.
  void expect_listed_and_watched() {
    ASSERT_TRUE(wait_for([&] { return api_.watching() == 1; }));
    EXPECT_EQ(names(), "x");
    EXPECT_EQ(replaces(), 1);
    EXPECT_EQ(api_.lists().size(), 1U);
    EXPECT_TRUE(reflector_->synced());
    api_.seed(kube::kPods, pod("y"));
    EXPECT_TRUE(wait_for_names("xy"));
  }
  std::chrono::milliseconds passed() const { return clock_.wall() - base::ManualClock().wall(); }
};

TEST_F(StreamFaults, AServerThatRefusesThemIsListedAtOnce) {
  api_.refuse_streams();
  start();
  expect_listed_and_watched();
  EXPECT_EQ(api_.lists()[0].resource_version, "") << "the newest";
  EXPECT_EQ(api_.streams().size(), 1U);
  EXPECT_EQ(passed(), 0ms);
}

TEST_F(StreamFaults, AServerThatMayNotWatchOrFailsIsListedAfterAWait) {
  for (const auto& error : {base::forbidden("cannot watch"), base::unavailable("500")}) {
    SCOPED_TRACE(error.message());
    refuse_streams_with(error);
    const size_t before = api_.lists().size();
    start();
    ASSERT_TRUE(advance_until([&] { return api_.lists().size() == before + 1; }));
    EXPECT_TRUE(wait_for([&] { return reflector_->synced(); }));
    thread_.request_stop();
    thread_.join();
  }
  EXPECT_GE(passed(), 1600ms) << "two waits";
}

TEST_F(StreamFaults, AThrottledServerIsAskedForTheSameAgainAndNotForAList) {
  answer_streams([](std::stop_token, const OnEvent&) -> base::Result<void> {
    return base::fail(base::exhausted("429"));
  });
  start();
  ASSERT_TRUE(advance_until([&] { return api_.streams().size() == 4; }));
  EXPECT_EQ(api_.lists().size(), 0U);
}

TEST_F(StreamFaults, AnEndThatNeverComesIsWaitedForTenSeconds) {
  answer_streams([this](std::stop_token stop, const OnEvent& on_event) -> base::Result<void> {
    on_event({kube::WatchEventType::kAdded, pod("ghost")});
    flag_ = true;
    while (!stop.stop_requested()) std::this_thread::yield();
    return base::fail(base::cancelled("told to stop"));
  });
  start();
  ASSERT_TRUE(wait_for([&] { return flag_ && clock_.waiting() == 1; }));
  clock_.advance(9999ms);
  EXPECT_EQ(api_.lists().size(), 0U);
  EXPECT_FALSE(reflector_->synced());
  clock_.advance(1ms);
  expect_listed_and_watched();
}

TEST_F(StreamFaults, ABeginningThatGoesOnIsNotGivenUp) {
  answer_streams([this](std::stop_token stop, const OnEvent& on_event) -> base::Result<void> {
    for (int i = 0; i < 3; ++i) {
      while (!stop.stop_requested() && clock_.waiting() == 0) std::this_thread::yield();
      if (stop.stop_requested()) return base::fail(base::cancelled("told to stop"));
      clock_.advance(9s);
      on_event({kube::WatchEventType::kAdded, pod(std::string(1, static_cast<char>('a' + i)))});
    }
    on_event({kube::WatchEventType::kBookmark,
              Json{{"metadata",
                    {{"resourceVersion", api_.version()},
                     {"annotations", {{"k8s.io/initial-events-end", "true"}}}}}}});
    return {};
  });
  start();
  EXPECT_TRUE(wait_for_names("abc"));
  EXPECT_EQ(api_.lists().size(), 0U);
}

TEST_F(StreamFaults, OneThatEndsBeforeItsBeginningDoesIsListedAtOnce) {
  answer_streams([](std::stop_token, const OnEvent& on_event) -> base::Result<void> {
    on_event({kube::WatchEventType::kAdded, pod("ghost")});
    on_event({kube::WatchEventType::kBookmark, Json{{"metadata", {{"resourceVersion", "7"}}}}});
    return {};
  });
  start();
  expect_listed_and_watched();
  EXPECT_EQ(passed(), 0ms);
}

TEST_F(StreamFaults, ARefusalAsAnEventIsTheSame) {
  answer_streams([](std::stop_token, const OnEvent& on_event) -> base::Result<void> {
    on_event(
        {kube::WatchEventType::kError,
         Json{{"kind", "Status"}, {"code", 422}, {"message", "sendInitialEvents: Forbidden"}}});
    return base::fail(base::cancelled("stopped"));
  });
  start();
  expect_listed_and_watched();
}

TEST_F(StreamFaults, AnEndWithoutAVersionIsNone) {
  answer_streams([](std::stop_token, const OnEvent& on_event) -> base::Result<void> {
    on_event({kube::WatchEventType::kBookmark,
              Json{{"metadata", {{"annotations", {{"k8s.io/initial-events-end", "true"}}}}}}});
    return base::fail(base::cancelled("stopped"));
  });
  start();
  expect_listed_and_watched();
}

}  // namespace
}  // namespace cresset::runtime
