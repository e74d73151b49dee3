#include "operator/runtime/heap_trim.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/support/fake_api.h"

namespace cresset::runtime::heap_trim_test {
namespace {

using namespace std::chrono_literals;

class HeapTrims : public ::testing::Test {
 protected:
  // A second passes in which the process is busy for that long.
  void pass(std::chrono::milliseconds busy) {
    ASSERT_TRUE(waiting_.wait_for([&] { return clock_.waiting() == 1; }));
    cpu_ += busy.count();
    clock_.advance(HeapTrim::kPeriod);
    ASSERT_TRUE(waiting_.wait_for([&] { return clock_.waiting() == 1; }));
  }

  base::ManualClock clock_;
  testing::FakeApi waiting_;  // for its wait_for() only
  std::atomic<int64_t> cpu_ = 0;
  std::atomic<int> trims_ = 0;
  HeapTrim heap_{clock_,
                 {.cpu_time = [this] { return std::chrono::milliseconds(cpu_); },
                  .trim = [this] { ++trims_; }}};
  std::jthread thread_{[this](std::stop_token stop) { heap_.run(stop); }};
};

TEST_F(HeapTrims, ComeOnceAfterABurstWhenTheProcessIsIdleAgain) {
  pass(1ms);
  EXPECT_EQ(trims_, 0) << "there was no burst";
  pass(900ms);
  pass(400ms);
  EXPECT_EQ(trims_, 0) << "it is not over";
  pass(1ms);
  EXPECT_EQ(trims_, 1);
  for (int second = 0; second < 300; ++second) pass(1ms);
  EXPECT_EQ(trims_, 1) << "an idle process is left alone";
  pass(900ms);
  pass(1ms);
  EXPECT_EQ(trims_, 2);
}

TEST(HeapTrim, OfThisProcessKnowsItsCpuTime) {
  const auto process = HeapTrim::Process::own();
  EXPECT_GT(process.cpu_time(), 0ns);
  process.trim();
}

}  // namespace
}  // namespace cresset::runtime::heap_trim_test
