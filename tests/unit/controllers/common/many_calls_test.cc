#include "controllers/common/many_calls.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace cresset::controllers {
namespace {

class ManyCallsTest : public ::testing::Test {
 protected:
  // Waits in a call until as many are under way as are wanted at once.
  base::Result<void> meet(size_t wanted) {
    std::unique_lock lock(mutex_);
    most_ = std::max(most_, ++now_);
    changed_.notify_all();
    changed_.wait_for(lock, std::chrono::seconds(5), [&] { return most_ >= wanted; });
    --now_;
    return {};
  }

  base::WorkerPool helpers_{kCallsAtOnce, kCallsAtOnce};
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t now_ = 0;
  size_t most_ = 0;
};

TEST_F(ManyCallsTest, WithoutASlowStartAsManyAsMayBeginTogether) {
  const auto done =
      make_calls({.count = 200, .call = [this](size_t) { return meet(kCallsAtOnce); }}, helpers_);
  ASSERT_TRUE(done.result);
  EXPECT_EQ(done.done, std::vector<bool>(200, true));
  EXPECT_EQ(most_, kCallsAtOnce);
}

TEST_F(ManyCallsTest, EachIsMadeOnceAlsoByOneThreadAlone) {
  base::WorkerPool none(0, 0);
  std::vector<int> calls(50);
  const auto done = make_calls({.count = calls.size(),
                                .call = [&](size_t place) -> base::Result<void> {
                                  ++calls[place];
                                  return {};
                                }},
                               none);
  ASSERT_TRUE(done.result);
  EXPECT_EQ(calls, std::vector<int>(50, 1));
}

TEST_F(ManyCallsTest, AfterAnErrorNoneBeginsAnyMoreAndItIsToldWhichAreDone) {
  base::WorkerPool none(0, 0);
  const auto done = make_calls({.count = 4,
                                .call = [](size_t place) -> base::Result<void> {
                                  if (place == 1) return base::fail(base::forbidden("no"));
                                  return {};
                                }},
                               none);
  ASSERT_FALSE(done.result);
  EXPECT_TRUE(base::is_forbidden(done.result.error()));
  EXPECT_EQ(done.done, (std::vector{true, false, false, false}));
}

}  // namespace
}  // namespace cresset::controllers
