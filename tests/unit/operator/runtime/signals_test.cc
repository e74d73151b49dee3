#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include "operator/runtime/manager.h"

namespace cresset::runtime {
namespace {

void wait_until_stopped(const std::stop_token& stop) {
  std::atomic<bool> stopped = false;
  const std::stop_callback wake(stop, [&] {
    stopped = true;
    stopped.notify_all();
  });
  stopped.wait(false);
}

void stop_after(int signal, int times) {
  const auto source = stop_on_signals();
  raise(signal);
  wait_until_stopped(source.get_token());
  if (times == 1) _exit(0);
  raise(signal);
  for (;;) pause();
}

TEST(SignalsDeathTest, TheFirstSignalAsksToStop) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(stop_after(SIGTERM, 1), ::testing::ExitedWithCode(0), "");
  EXPECT_EXIT(stop_after(SIGINT, 1), ::testing::ExitedWithCode(0), "");
}

TEST(SignalsDeathTest, TheSecondSignalEndsTheProcessAtOnce) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(stop_after(SIGTERM, 2), ::testing::ExitedWithCode(130), "");
}

}  // namespace
}  // namespace cresset::runtime
