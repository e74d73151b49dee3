#include "controllers/common/create_all.h"

#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <latch>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

#include "tests/support/fake_api.h"

namespace cresset::controllers {
namespace {

using ::testing::HasSubstr;

class CreateAllTest : public ::testing::Test {
 protected:
  static std::string numbered(int i) { return std::to_string(i); }
  base::Result<void> create(int count, const std::function<std::string(int)>& named = numbered) {
    auto created = create_by(helpers_, count, named);
    made_ = std::move(created.done);
    return std::move(created.result);
  }
  CallsDone create_by(base::WorkerPool& helpers, int count,
                      const std::function<std::string(int)>& named) {
    std::vector<Create> list;
    for (int i = 0; i < count; ++i) {
      const std::string name = "digits-" + named(i);
      list.push_back({kube::kPods, {"team", name}, {{"metadata", {{"name", name}}}}});
    }
    std::vector<const Create*> creates;
    for (const auto& one : list) creates.push_back(&one);
    return create_all(api_, creates, {kube::kTrainingJobs, owner_, is_as_seen_}, helpers);
  }

  testing::FakeApi api_;
  base::WorkerPool helpers_{kCallsAtOnce, kCallsAtOnce};
  std::vector<bool> made_;
  std::function<bool()> is_as_seen_;
  kube::ObjectMeta owner_{.ns = "team", .name = "digits", .uid = base::Uid("job")};
};

TEST_F(CreateAllTest, MakesEachOfThemOnce) {
  ASSERT_TRUE(create(500));
  EXPECT_EQ(api_.all(kube::kPods).size(), 500U);
  EXPECT_EQ(api_.calls("create").size(), 500U);
  EXPECT_EQ(made_, std::vector<bool>(500, true));
}

TEST_F(CreateAllTest, NothingIsBegunOnceTheOwnerIsNotAsItWasSeen) {
  is_as_seen_ = [this] { return api_.calls("create").size() < 10; };
  const auto created = create_by(helpers_, 500, numbered);
  ASSERT_FALSE(created.result);
  EXPECT_TRUE(base::is_conflict(created.result.error()));
  EXPECT_GE(api_.calls("create").size(), 10U);
  EXPECT_LT(api_.calls("create").size(), 10U + kCallsAtOnce);
}

TEST_F(CreateAllTest, NothingToMakeIsDone) { EXPECT_TRUE(create(0)); }

TEST_F(CreateAllTest, OneAtFirstThenMoreAtOnceButNeverMoreThanTheMost) {
  std::mutex mutex;
  std::condition_variable changed;
  size_t now = 0, most = 0, while_first = 0;
  std::atomic<bool> first{true};
  api_.set_fault([&](const testing::FakeApi::Call&) -> std::optional<base::Error> {
    std::unique_lock lock(mutex);
    most = std::max(most, ++now);
    if (first.exchange(false)) while_first = most;
    changed.notify_all();
    // Each waits until as many are under way as ever may be, once that many are left.
    if (api_.calls("create").size() > 200)
      changed.wait_for(lock, std::chrono::seconds(5), [&] { return most >= kCallsAtOnce; });
    --now;
    return std::nullopt;
  });
  ASSERT_TRUE(create(400));
  EXPECT_EQ(while_first, 1U);
  EXPECT_EQ(most, kCallsAtOnce);
}

TEST_F(CreateAllTest, WhatIsLoggedOfEachNamesTheReconcileOnWhicheverThread) {
  std::mutex mutex;
  std::set<std::thread::id> threads;
  int named = 0;
  const base::Log log(base::LogLevel::kDebug, [&](base::LogLevel, const std::string& line) {
    std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
    named += line.find("\"reconcileID\":\"0000002a\"") != std::string::npos ? 1 : 0;
  });
  std::condition_variable changed;
  size_t now = 0;
  api_.set_fault([&](const testing::FakeApi::Call&) -> std::optional<base::Error> {
    log.debug("throttled");
    // The second waits for a third, so that a helper is seen.
    std::unique_lock lock(mutex);
    ++now;
    changed.notify_all();
    if (now == 2) changed.wait_for(lock, std::chrono::seconds(5), [&] { return now > 2; });
    return std::nullopt;
  });
  const base::LogScope scope(base::LogFields{{"reconcileID", "0000002a"}});
  ASSERT_TRUE(create(40));
  EXPECT_EQ(named, 40);
  EXPECT_GT(threads.size(), 1U);
}

TEST_F(CreateAllTest, ThreadsStayForTheNext) {
  std::mutex mutex;
  std::set<std::thread::id> threads;
  api_.set_fault([&](const testing::FakeApi::Call&) -> std::optional<base::Error> {
    std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
    return std::nullopt;
  });
  for (int job = 0; job < 200; ++job) {
    owner_.uid = base::Uid("job" + std::to_string(job));
    const auto of_job = [job](int i) { return std::to_string(job) + "-" + std::to_string(i); };
    ASSERT_TRUE(create(4, of_job));
  }
  EXPECT_LE(threads.size(), kCallsAtOnce + 1);
}

TEST_F(CreateAllTest, WithoutAHelperToSpareTheCallerMakesThemAll) {
  const auto end = std::make_shared<std::latch>(1);
  while (helpers_.post([end] { end->wait(); })) {
  }
  EXPECT_TRUE(create(40));
  end->count_down();
  EXPECT_EQ(api_.all(kube::kPods).size(), 40U);
}

// The one helper makes an object of the large job and gives way to the small one, which the rest of
// the large one waits for.
TEST_F(CreateAllTest, AHelperOfAJobOfManyGivesWayToAnotherJob) {
  std::mutex mutex;
  std::condition_variable changed;
  std::thread::id caller;
  bool large_is_helped = false, small_asked = false, small_is_helped = false;
  int large = 0, small = 0;
  const auto wait_for = [&](std::unique_lock<std::mutex>& lock, const bool& what) {
    return changed.wait_for(lock, std::chrono::seconds(10), [&] { return what; });
  };
  const auto tell = [&](bool& what) {
    what = true;
    changed.notify_all();
  };
  api_.set_fault([&](const testing::FakeApi::Call& call) -> std::optional<base::Error> {
    std::unique_lock lock(mutex);
    if (call.key.name.starts_with("digits-small")) {
      if (++small == 2) {
        tell(small_asked);
        EXPECT_TRUE(wait_for(lock, small_is_helped));
      } else if (small == 3) {
        tell(small_is_helped);
      }
    } else if (++large > 1) {
      const bool is_first_of_helper =
          std::this_thread::get_id() != caller && !std::exchange(large_is_helped, true);
      changed.notify_all();
      wait_for(lock, is_first_of_helper ? small_asked : small_is_helped);
    }
    return std::nullopt;
  });
  base::WorkerPool one(1, 100);
  std::jthread of_large([&] {
    caller = std::this_thread::get_id();  // before any other reads it
    EXPECT_TRUE(create_by(one, 20, [](int i) { return "large-" + numbered(i); }).result);
  });
  {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(wait_for(lock, large_is_helped));
  }
  EXPECT_TRUE(create_by(one, 3, [](int i) { return "small-" + numbered(i); }).result);
  of_large.join();
  EXPECT_EQ(api_.calls("create").size(), 23U);
}

TEST_F(CreateAllTest, AHelperThatComesWhenAllIsDoneTouchesNothing) {
  // Its tasks wait behind others until the call, and what it was called with, are gone.
  std::latch end(1);
  {
    base::WorkerPool one(1, 100);
    ASSERT_TRUE(one.post([&] { end.wait(); }));
    const std::string ns = "team";
    const auto owner = std::make_unique<kube::ObjectMeta>(owner_);
    auto list = std::make_unique<std::vector<Create>>();
    for (int i = 0; i < 9; ++i) {
      const std::string name = "digits-" + std::to_string(i);
      list->push_back({kube::kPods, {ns, name}, {{"metadata", {{"name", name}}}}});
    }
    std::vector<const Create*> creates;
    for (const auto& each : *list) creates.push_back(&each);
    EXPECT_TRUE(create_all(api_, creates, {kube::kTrainingJobs, *owner}, one).result);
    list.reset();
    end.count_down();
  }
  EXPECT_EQ(api_.calls("create").size(), 9U);
}

TEST_F(CreateAllTest, AfterARefusalNoneBegins) {
  std::atomic<int> asked{0};
  api_.set_fault([&](const testing::FakeApi::Call&) -> std::optional<base::Error> {
    if (++asked >= 10) return base::forbidden("quota");
    return std::nullopt;
  });
  const auto done = create(400);
  ASSERT_FALSE(done);
  EXPECT_TRUE(base::is_forbidden(done.error()));
  EXPECT_LE(asked, 9 + static_cast<int>(kCallsAtOnce));
  EXPECT_EQ(api_.all(kube::kPods).size(), 9U);
  ASSERT_EQ(made_.size(), 400U);
  for (size_t i = 0; i < made_.size(); ++i) {
    const bool told = made_[i];
    EXPECT_EQ(told, api_.find(kube::kPods, {"team", "digits-" + std::to_string(i)}).has_value());
  }
}

TEST_F(CreateAllTest, NoPodBeginsBeforeThePolicyIsThere) {
  const Create policy{
      kube::kNetworkPolicies, {"team", "digits"}, {{"metadata", {{"name", "digits"}}}}};
  const Create service{kube::kServices, {"team", "digits"}, {{"metadata", {{"name", "digits"}}}}};
  const Create pod{kube::kPods, {"team", "digits-0"}, {{"metadata", {{"name", "digits-0"}}}}};
  api_.set_fault([&](const testing::FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.resource == kube::kNetworkPolicies) return base::forbidden("not here");
    return std::nullopt;
  });
  const auto created =
      create_all(api_, {&service, &policy, &pod, &pod}, {kube::kTrainingJobs, owner_}, helpers_);
  EXPECT_FALSE(created.result);
  EXPECT_EQ(created.done, (std::vector{true, false, false, false}));
  EXPECT_EQ(api_.calls("create").size(), 2U);
}

TEST_F(CreateAllTest, NoDeploymentBeginsBeforeThePolicyIsThere) {
  const Create policy{
      kube::kNetworkPolicies, {"team", "digits"}, {{"metadata", {{"name", "digits"}}}}};
  const Create deployment{
      kube::kDeployments, {"team", "digits"}, {{"metadata", {{"name", "digits"}}}}};
  api_.set_fault([&](const testing::FakeApi::Call&) { return base::forbidden("not here"); });
  const auto created =
      create_all(api_, {&policy, &deployment}, {kube::kModelServices, owner_}, helpers_);
  EXPECT_FALSE(created.result);
  EXPECT_EQ(api_.calls("create").size(), 1U);
}

TEST_F(CreateAllTest, AServiceAndAPolicyAreMadeTogetherAndPodsOnceBothAreThere) {
  const Create policy{
      kube::kNetworkPolicies, {"team", "digits"}, {{"metadata", {{"name", "digits"}}}}};
  const Create service{kube::kServices, {"team", "digits"}, {{"metadata", {{"name", "digits"}}}}};
  const Create pod{kube::kPods, {"team", "digits-0"}, {{"metadata", {{"name", "digits-0"}}}}};
  std::mutex mutex;
  std::condition_variable changed;
  int asked = 0;
  api_.set_fault([&](const testing::FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.resource == kube::kPods) {
      EXPECT_EQ(api_.all(kube::kServices).size(), 1U);
      EXPECT_EQ(api_.all(kube::kNetworkPolicies).size(), 1U);
      return std::nullopt;
    }
    std::unique_lock lock(mutex);
    ++asked;
    changed.notify_all();
    EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(10), [&] { return asked == 2; }));
    return std::nullopt;
  });
  EXPECT_TRUE(
      create_all(api_, {&service, &policy, &pod}, {kube::kTrainingJobs, owner_}, helpers_).result);
  EXPECT_EQ(api_.all(kube::kPods).size(), 1U);
}

TEST_F(CreateAllTest, AnExceptionIsAnErrorAndEndsNoProcess) {
  api_.set_fault([&](const testing::FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.key.name == "digits-7") throw std::runtime_error("odd");
    return std::nullopt;
  });
  const auto done = create(40);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message(), HasSubstr("odd"));
}

}  // namespace
}  // namespace cresset::controllers
