// An informer of some namespaces: each is listed, watched and refused by itself, into one store.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "operator/runtime/informer.h"
#include "tests/support/fake_api.h"

namespace cresset::runtime::informer_namespaces_test {
namespace {

using namespace std::chrono_literals;
using base::Json;
using kube::ObjectKey;
using testing::FakeApi;

struct Pod {
  kube::ObjectMeta meta;
};

base::Result<Pod> decode_pod(const kube::JsonView& object) {
  return Pod{kube::decode_meta(object)};
}

Json pod(const ObjectKey& key) {
  return {{"metadata", {{"namespace", key.ns}, {"name", key.name}}}};
}

class NamespacedInformers : public ::testing::Test {
 protected:
  NamespacedInformers() {
    pods_.on_change([this](const Pod* before, const Pod* after, Priority priority) {
      EXPECT_EQ(++inside_, 1) << "handlers run one at a time";
      const auto key = (after != nullptr ? after : before)->meta.key().to_string();
      const std::string what = before == nullptr ? "new " : after == nullptr ? "gone " : "changed ";
      {
        std::lock_guard lock(mutex_);
        told_.insert(what + key + (priority == Priority::kListed ? " (listed)" : ""));
      }
      --inside_;
    });
    api_.set_fault([this](const FakeApi::Call& call) { return fault(call); });
  }
  void start() {
    thread_ = std::jthread([this](std::stop_token stop) { pods_.run(stop); });
  }
  bool wait_for_told(const std::multiset<std::string>& wanted) {
    return api_.wait_for([&] {
      std::lock_guard lock(mutex_);
      return told_ == wanted;
    });
  }
  // Moves the clock until `ready`, as real waiting would.
  bool in_time(const std::function<bool()>& ready) {
    return api_.wait_for([&] {
      if (ready()) return true;
      clock_.advance(100ms);
      return false;
    });
  }
  std::set<std::string> watched() const {
    std::set<std::string> found;
    for (const auto& call : api_.calls("watch")) found.insert(call.key.ns);
    return found;
  }

  base::ManualClock clock_;
  FakeApi api_;
  std::mutex mutex_;
  std::multiset<std::string> told_;
  std::atomic<int> inside_ = 0;
  std::atomic<bool> b_is_refused_ = false;
  std::atomic<bool> gap_in_a_ = false;
  Informer<Pod> pods_{api_,
                      {.resource = kube::kPods, .namespaces = {"a", "b"}},
                      decode_pod,
                      clock_,
                      [] { return 0.0; },
                      base::silent()};
  std::jthread thread_;

 private:
  std::optional<base::Error> fault(const FakeApi::Call& call) {
    if (call.key.ns == "b" && b_is_refused_)
      return base::forbidden("cannot " + call.verb + " pods in the namespace \"b\"");
    if (call.key.ns == "a" && call.verb == "watch" && gap_in_a_.exchange(false)) {
      api_.erase(kube::kPods, {"a", "one"});
      return base::gone("too old");
    }
    return std::nullopt;
  }
};

TEST_F(NamespacedInformers, FillOneStoreByAWatchOfEachAndLookNowhereElse) {
  for (const char* ns : {"a", "b", "c"}) api_.seed(kube::kPods, pod({ns, "one"}));
  start();
  ASSERT_TRUE(wait_for_told({"new a/one (listed)", "new b/one (listed)"}));
  EXPECT_TRUE(api_.wait_for([&] { return pods_.ready(); }));
  EXPECT_EQ(pods_.store().size(), 2U);
  EXPECT_EQ(watched(), (std::set<std::string>{"a", "b"}));
  EXPECT_EQ(api_.calls().size(), 2U);
}

TEST_F(NamespacedInformers, TakeNothingFromOneNamespaceForWhatTheListOfAnotherLacks) {
  api_.seed(kube::kPods, pod({"a", "one"}));
  api_.seed(kube::kPods, pod({"a", "two"}));
  api_.seed(kube::kPods, pod({"b", "one"}));
  start();
  ASSERT_TRUE(wait_for_told({"new a/one (listed)", "new a/two (listed)", "new b/one (listed)"}));
  const auto kept = pods_.store().get({"b", "one"});
  gap_in_a_ = true;
  api_.end_watches();
  ASSERT_TRUE(wait_for_told({"new a/one (listed)", "new a/two (listed)", "new b/one (listed)",
                             "gone a/one", "changed a/two (listed)"}));
  EXPECT_EQ(pods_.store().get({"b", "one"}), kept);
  EXPECT_EQ(pods_.store().size(), 2U);
}

TEST_F(NamespacedInformers, NameTheOneThatRefusesThemAndServeTheOther) {
  api_.seed(kube::kPods, pod({"a", "one"}));
  api_.seed(kube::kPods, pod({"b", "one"}));
  b_is_refused_ = true;
  start();
  ASSERT_TRUE(wait_for_told({"new a/one (listed)"}));
  ASSERT_TRUE(api_.wait_for([&] { return pods_.settled(); }));
  EXPECT_FALSE(pods_.ready());
  EXPECT_TRUE(pods_.knows("a"));
  EXPECT_FALSE(pods_.knows("b"));
  EXPECT_EQ(pods_.waiting_for(), "list of pods: in b: cannot watch pods in the namespace \"b\"");
  b_is_refused_ = false;
  EXPECT_TRUE(in_time([&] { return pods_.ready(); }));
  EXPECT_TRUE(wait_for_told({"new a/one (listed)", "new b/one (listed)"}))
      << "what is found in a namespace that is late is no news either";
}

TEST_F(NamespacedInformers, AreNotSettledWhileTheServerOnlyFailsToAnswer) {
  api_.set_fault([](const FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.key.ns == "b") return base::unavailable("no answer");
    return std::nullopt;
  });
  start();
  ASSERT_TRUE(api_.wait_for([&] { return pods_.knows("a"); }));
  EXPECT_FALSE(pods_.settled());
  EXPECT_TRUE(
      api_.wait_for([&] { return pods_.waiting_for() == "list of pods: in b: no answer"; }));
}

TEST_F(NamespacedInformers, NameTheOneThatIsNotServedAndAreServedWhileAnotherIs) {
  start();
  ASSERT_TRUE(api_.wait_for([&] { return pods_.ready() && api_.watching() == 2; }));
  api_.set_fault([](const FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.key.ns == "b") return base::unavailable("no answer");
    return std::nullopt;
  });
  clock_.advance(2s);
  api_.end_watches();
  ASSERT_TRUE(api_.wait_for([&] { return clock_.waiting() == 1 && api_.watching() == 1; }));
  clock_.advance(2min);
  EXPECT_FALSE(pods_.ready());
  EXPECT_TRUE(pods_.served());
  EXPECT_EQ(pods_.waiting_for(),
            "list of pods: in b: the API server has served no list or watch of pods for 2 "
            "minutes; last: no answer");
  api_.set_fault([](const FakeApi::Call&) { return base::unavailable("no answer"); });
  api_.end_watches();
  ASSERT_TRUE(api_.wait_for([&] { return clock_.waiting() == 2; }));
  clock_.advance(2min);
  EXPECT_FALSE(pods_.served());
}

TEST_F(NamespacedInformers, TellChangesOneAtATimeThoughTheyComeOnSeveralThreads) {
  start();
  ASSERT_TRUE(api_.wait_for([&] { return pods_.ready(); }));
  for (int i = 0; i < 200; ++i)
    for (const char* ns : {"a", "b"}) api_.seed(kube::kPods, pod({ns, std::to_string(i)}));
  EXPECT_TRUE(api_.wait_for([&] {
    std::lock_guard lock(mutex_);
    return told_.size() == 400;
  }));
}

TEST_F(NamespacedInformers, AnExceptionInOneEndsAllAndIsThrownOn) {
  pods_.on_change([](const Pod*, const Pod* after) {
    if (after != nullptr && after->meta.name == "bomb") throw std::runtime_error("bomb");
  });
  api_.seed(kube::kPods, pod({"b", "bomb"}));
  EXPECT_THROW(pods_.run({}), std::runtime_error);
}

TEST_F(NamespacedInformers, StopWhenTheyAreTold) {
  start();
  ASSERT_TRUE(api_.wait_for([&] { return api_.watching() == 2; }));
  thread_ = {};
  EXPECT_EQ(api_.watching(), 0);
}

}  // namespace
}  // namespace cresset::runtime::informer_namespaces_test
