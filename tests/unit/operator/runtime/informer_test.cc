#include "operator/runtime/informer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "tests/support/fake_api.h"

namespace cresset::runtime::informer_test {
namespace {

using namespace std::chrono_literals;
using base::Json;
using testing::FakeApi;

struct Pod {
  kube::ObjectMeta meta;
  std::string phase;
};

base::Result<Pod> decode_pod(const kube::JsonView& object) {
  if (object.text_at("/metadata/name") == "odd" || object.text_at("/status/phase") == "odd")
    return base::fail(base::invalid("spec is odd"));
  if (object.text_at("/metadata/name") == "unexpected")
    throw std::runtime_error("a decoder that did not look");
  return Pod{kube::decode_meta(object), std::string(object.text_at("/status/phase"))};
}

Json pod(const std::string& name) {
  return {{"metadata", {{"namespace", "team"}, {"name", name}}}};
}

class Informers : public ::testing::Test {
 protected:
  Informers() {
    pods_.on_change([this](const Pod* before, const Pod* after) {
      std::lock_guard lock(mutex_);
      const auto& name = (after != nullptr ? after : before)->meta.name;
      told_.push_back((before == nullptr  ? "new "
                       : after == nullptr ? "deleted "
                                          : "changed ") +
                      name);
    });
  }
  void start() {
    thread_ = std::jthread([this](std::stop_token stop) { pods_.run(stop); });
    ASSERT_TRUE(api_.wait_for([&] { return api_.watching() == 1; }));
  }
  std::vector<std::string> told() {
    std::lock_guard lock(mutex_);
    return told_;
  }
  bool wait_for(const std::vector<std::string>& wanted) {
    return api_.wait_for([&] { return told() == wanted; });
  }

  base::ManualClock clock_;
  FakeApi api_;
  std::mutex mutex_;
  std::vector<std::string> told_;
  std::atomic<bool> gap_ = true;
  std::atomic<int> decoded_ = 0;
  Informer<Pod> pods_{api_,
                      {.resource = kube::kPods},
                      [this](const kube::JsonView& object) {
                        ++decoded_;
                        return decode_pod(object);
                      },
                      clock_,
                      [] { return 0.0; },
                      base::silent()};
  std::jthread thread_;
};

TEST_F(Informers, KeepTheStoreEqualToTheServerAndTellEachChange) {
  api_.seed(kube::kPods, pod("a"));
  start();
  ASSERT_TRUE(wait_for({"new a"}));
  api_.seed(kube::kPods, pod("b"));
  api_.set_status(kube::kPods, {"team", "b"}, {{"phase", "Running"}});
  api_.erase(kube::kPods, {"team", "a"});
  ASSERT_TRUE(wait_for({"new a", "new b", "changed b", "deleted a"}));
  EXPECT_EQ(pods_.store().size(), 1U);
  EXPECT_EQ(pods_.held()->resource, "pods");
  EXPECT_EQ(pods_.held()->objects, 1U);
  EXPECT_EQ(pods_.store().get({"team", "b"})->phase, "Running");
  EXPECT_TRUE(pods_.ready());
  EXPECT_EQ(pods_.waiting_for(), "");
}

TEST_F(Informers, TellObjectsThatVanishedDuringAGapAsDeleted) {
  api_.seed(kube::kPods, pod("a"));
  api_.seed(kube::kPods, pod("b"));
  start();
  ASSERT_TRUE(wait_for({"new a", "new b"}));
  api_.set_fault([this](const FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.verb == "watch" && gap_.exchange(false)) {
      api_.erase(kube::kPods, {"team", "a"});
      return base::gone("too old");
    }
    return std::nullopt;
  });
  clock_.advance(2s);
  api_.end_watches();
  EXPECT_TRUE(wait_for({"new a", "new b", "deleted a", "changed b"}));
}

TEST_F(Informers, KeepAndDoNotDecodeAgainWhatANewListDoesNotChange) {
  api_.seed(kube::kPods, pod("a"));
  api_.seed(kube::kPods, pod("b"));
  start();
  ASSERT_TRUE(wait_for({"new a", "new b"}));
  const auto before = pods_.store().get({"team", "b"});
  const int decoded = decoded_;
  api_.set_fault([this](const FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.verb != "watch" || !gap_.exchange(false)) return std::nullopt;
    api_.set_status(kube::kPods, {"team", "a"}, {{"phase", "Running"}});
    return base::gone("too old");
  });
  clock_.advance(2s);
  api_.end_watches();
  ASSERT_TRUE(wait_for({"new a", "new b", "changed a", "changed b"}));
  EXPECT_EQ(pods_.store().get({"team", "b"}), before);
  EXPECT_EQ(pods_.store().get({"team", "a"})->phase, "Running");
  EXPECT_EQ(decoded_, decoded + 1);
}

TEST_F(Informers, AnObjectThatChangesIntoOneThatCannotBeDecodedStaysAsItWas) {
  api_.seed(kube::kPods, pod("a"));
  start();
  ASSERT_TRUE(wait_for({"new a"}));
  api_.set_fault([this](const FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.verb != "watch" || !gap_.exchange(false)) return std::nullopt;
    api_.set_status(kube::kPods, {"team", "a"}, {{"phase", "odd"}});
    api_.seed(kube::kPods, pod("b"));
    return base::gone("too old");
  });
  clock_.advance(2s);
  api_.end_watches();
  ASSERT_TRUE(wait_for({"new a", "new b"}));
  EXPECT_EQ(pods_.store().get({"team", "a"})->phase, "Pending");
}

TEST_F(Informers, AnObjectThatCannotBeDecodedDoesNotStopTheRest) {
  api_.seed(kube::kPods, pod("odd"));
  api_.seed(kube::kPods, pod("a"));
  start();
  EXPECT_TRUE(wait_for({"new a"}));
}

TEST_F(Informers, AnObjectWhoseDecodingThrowsDoesNotStopTheRest) {
  api_.seed(kube::kPods, pod("unexpected"));
  api_.seed(kube::kPods, pod("a"));
  start();
  ASSERT_TRUE(wait_for({"new a"}));
  api_.set_status(kube::kPods, {"team", "unexpected"}, {{"phase", "Running"}});
  api_.seed(kube::kPods, pod("b"));
  EXPECT_TRUE(wait_for({"new a", "new b"}));
  EXPECT_EQ(pods_.store().get({"team", "unexpected"}), nullptr);
}

TEST_F(Informers, WhatIsFoundAtTheStartAndWhatDidNotChangeWaitsBelowWhatHappens) {
  api_.seed(kube::kPods, pod("a"));
  api_.seed(kube::kPods, pod("b"));
  std::vector<std::string> fresh;
  pods_.on_change([&](const Pod* before, const Pod* after, Priority priority) {
    std::lock_guard lock(mutex_);
    if (priority == Priority::kFresh) fresh.push_back((after ? after : before)->meta.name);
  });
  start();
  ASSERT_TRUE(wait_for({"new a", "new b"}));
  api_.set_fault([this](const FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.verb != "watch" || !gap_.exchange(false)) return std::nullopt;
    api_.erase(kube::kPods, {"team", "a"});
    api_.seed(kube::kPods, pod("c"));
    return base::gone("too old");
  });
  clock_.advance(2s);
  api_.end_watches();
  ASSERT_TRUE(wait_for({"new a", "new b", "deleted a", "changed b", "new c"}));
  api_.set_status(kube::kPods, {"team", "b"}, {{"phase", "Running"}});
  ASSERT_TRUE(wait_for({"new a", "new b", "deleted a", "changed b", "new c", "changed b"}));
  std::lock_guard lock(mutex_);
  EXPECT_EQ(fresh, (std::vector<std::string>{"a", "c", "b"}));
}

TEST_F(Informers, AreNotReadyOnceTheServerServedThemNothingForTwoMinutesButHoldNobodyUp) {
  start();
  ASSERT_TRUE(api_.wait_for([&] { return pods_.ready(); }));
  api_.set_fault([](const FakeApi::Call&) { return base::unavailable("no answer"); });
  clock_.advance(2s);
  api_.end_watches();
  ASSERT_TRUE(api_.wait_for([&] { return clock_.waiting() == 1; }));
  EXPECT_TRUE(pods_.ready()) << "a short trouble is nobody's business";
  clock_.advance(2min);
  EXPECT_FALSE(pods_.ready());
  EXPECT_FALSE(pods_.served());
  EXPECT_TRUE(pods_.settled());
  EXPECT_TRUE(pods_.knows("team"));
  EXPECT_EQ(pods_.waiting_for(),
            "list of pods: the API server has served no list or watch of pods for 2 minutes; "
            "last: no answer");
}

TEST_F(Informers, SayWhatTheyWaitForUntilTheFirstListIsIn) {
  EXPECT_FALSE(pods_.ready());
  EXPECT_EQ(pods_.waiting_for(), "list of pods: not listed yet");
}

}  // namespace
}  // namespace cresset::runtime::informer_test
