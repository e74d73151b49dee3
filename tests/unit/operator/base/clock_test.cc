#include "operator/base/clock.h"

#include <gmock/gmock.h>

#include <future>
#include <thread>

namespace cresset::base {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(ManualClock, MovesOnlyWhenTold) {
  ManualClock clock;
  EXPECT_EQ(format_time(clock.wall()), "2026-01-01T00:00:00Z");
  const auto before = clock.mono();
  EXPECT_EQ(clock.mono(), before);
  clock.advance(90s);
  EXPECT_EQ(clock.mono() - before, 90s);
  EXPECT_EQ(format_time(clock.wall()), "2026-01-01T00:01:30Z");
}

template <typename ClockType>
class Waiting : public ::testing::Test {
 protected:
  bool wait(std::stop_token stop, MonoTime deadline, std::function<bool()> ready) {
    std::unique_lock lock(mutex_);
    return clock_.wait_until(lock, changed_, stop, deadline, ready);
  }
  ClockType clock_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
};
using Clocks = ::testing::Types<SystemClock, ManualClock>;
TYPED_TEST_SUITE(Waiting, Clocks);

TYPED_TEST(Waiting, EndsWhenItIsReady) {
  bool ready = false;
  auto waited = std::async(std::launch::async,
                           [&] { return this->wait({}, MonoTime::max(), [&] { return ready; }); });
  {
    std::lock_guard lock(this->mutex_);
    ready = true;
  }
  this->changed_.notify_all();
  EXPECT_TRUE(waited.get());
}

TYPED_TEST(Waiting, EndsOnAStopRequest) {
  std::stop_source stop;
  auto waited = std::async(std::launch::async, [&] {
    return this->wait(stop.get_token(), MonoTime::max(), [] { return false; });
  });
  stop.request_stop();
  EXPECT_FALSE(waited.get());
}

TYPED_TEST(Waiting, EndsAtADeadlineThatHasPassed) {
  EXPECT_FALSE(this->wait({}, this->clock_.mono() - 1ms, [] { return false; }));
}

TEST(ManualClock, WakesAWaiterWhenItIsMovedPastTheDeadline) {
  ManualClock clock;
  std::mutex mutex;
  std::condition_variable_any changed;
  std::promise<void> waiting;
  auto waited = std::async(std::launch::async, [&, first = true]() mutable {
    std::unique_lock lock(mutex);
    return clock.wait_until(lock, changed, {}, clock.mono() + 1h, [&] {
      if (std::exchange(first, false)) waiting.set_value();
      return false;
    });
  });
  waiting.get_future().wait();
  clock.advance(2h);
  EXPECT_FALSE(waited.get());
}

TEST(Time, IsWrittenAndReadAsKubernetesDoes) {
  const auto time = parse_time("2026-02-28T23:59:58Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(format_time(*time), "2026-02-28T23:59:58Z");
  EXPECT_EQ(format_micro_time(*time + 7ms), "2026-02-28T23:59:58.007000Z");
  EXPECT_EQ(*parse_time("2026-02-28T23:59:58.007000Z"), *time + 7ms);
  EXPECT_EQ(*parse_time("1970-01-01T00:00:00Z"), WallTime{});
}

TEST(Time, SaysWhatItFound) {
  for (const char* text :
       {"", "yesterday", "2026-02-28", "2026-02-28T23:59:58", "2026-02-28T23:59:58+01:00",
        "2026-02-28T23:59:58Zx", "2026-13-01T00:00:00Z", "9999-12-31T23:59:60Z"}) {
    const auto time = parse_time(text);
    ASSERT_FALSE(time) << text;
    EXPECT_TRUE(is_invalid(time.error()));
    EXPECT_THAT(time.error().message(), HasSubstr("found \"" + std::string(text) + "\""));
  }
}

}  // namespace
}  // namespace cresset::base
