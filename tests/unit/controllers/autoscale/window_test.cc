#include "controllers/autoscale/window.h"

#include <gtest/gtest.h>

namespace cresset::autoscale {
namespace {

using namespace std::chrono_literals;

const base::MonoTime kStart{100h};

class WindowTest : public ::testing::Test {
 protected:
  // One line a second from `from` on, each covering the second before it.
  void tell(const std::string& gateway, int from, int seconds, double value) {
    for (int i = 0; i < seconds; ++i)
      window.add(gateway, {.value = value, .active = value > 0}, at(from + i));
  }
  static base::MonoTime at(int second) { return kStart + std::chrono::seconds(second); }

  Window window{{.stable = 10s, .stale_after = 5s}};
};

TEST_F(WindowTest, KnowsNothingBeforeTheFirstLine) { EXPECT_FALSE(window.at(kStart).has_value()); }

TEST_F(WindowTest, AveragesOverTheStableWindow) {
  tell("a", 1, 10, 4);
  tell("a", 11, 5, 8);
  const auto load = window.at(at(15));
  ASSERT_TRUE(load);
  EXPECT_DOUBLE_EQ(load->mean, 6);
  EXPECT_DOUBLE_EQ(load->recent, 8);
  EXPECT_DOUBLE_EQ(load->peak, 8);
  EXPECT_TRUE(load->complete);
}

TEST_F(WindowTest, TheFirstLinesAreAveragedOverWhatWasSeen) {
  tell("a", 1, 2, 6);
  const auto load = window.at(at(2));
  EXPECT_DOUBLE_EQ(load->mean, 6);
  EXPECT_FALSE(load->complete);
}

TEST_F(WindowTest, GatewaysAreSummed) {
  Window together{{.stable = 10s}};
  for (int i = 1; i <= 12; ++i) {
    together.add("a", {.value = 3, .active = true}, at(i));
    together.add("b", {.value = 2, .waiting = 5, .active = true}, at(i));
  }
  EXPECT_EQ(together.at(at(12))->waiting, 5);
  EXPECT_DOUBLE_EQ(together.at(at(12))->mean, 5);
}

TEST_F(WindowTest, GatewaysThatTellAtDifferentMomentsAreStillSummed) {
  for (int i = 1; i <= 20; ++i) {
    window.add("a", {.value = 3, .active = true}, at(i));
    window.add("b", {.value = 2, .active = true}, at(i) + 700ms);
  }
  const auto load = window.at(at(20) + 800ms);
  EXPECT_NEAR(load->mean, 5, 1e-9);
  EXPECT_NEAR(load->recent, 5, 1e-9);
}

TEST_F(WindowTest, ASilentWindowIsNoData) {
  tell("a", 1, 12, 3);
  EXPECT_TRUE(window.at(at(17)).has_value());
  EXPECT_FALSE(window.at(at(18)).has_value());
}

TEST_F(WindowTest, AGatewayThatFallsSilentMakesTheWindowIncompleteAndIsThenDropped) {
  tell("a", 1, 12, 3);
  for (int i = 1; i <= 40; ++i) {
    window.add("b", {.value = 1, .active = true}, at(i) + 10ms);
    const auto load = window.at(at(i) + 20ms);
    if (i == 16) {
      EXPECT_NEAR(load->recent, 4, 0.01) << "still within its lines' validity";
    }
    if (i >= 18 && i <= 21) {
      EXPECT_FALSE(load->complete) << i;
    }
    if (i >= 24) {
      EXPECT_TRUE(load->complete) << i;
      EXPECT_NEAR(load->mean, 1, 0.01) << i;
    }
  }
}

TEST_F(WindowTest, AGapInOneGatewaysLinesMakesTheWindowIncomplete) {
  for (int i = 1; i <= 40; ++i) {
    window.add("b", {.value = 1, .active = true}, at(i));
    if (i <= 15 || i >= 25) window.add("a", {.value = 3, .active = true}, at(i));
    if (i >= 25 && i <= 33) {
      EXPECT_FALSE(window.at(at(i))->complete) << i;
    }
  }
  EXPECT_TRUE(window.at(at(40))->complete);
}

TEST_F(WindowTest, ASilenceOfAllBeginsTheWindowAnew) {
  tell("a", 1, 15, 3);
  tell("a", 30, 2, 8);
  const auto load = window.at(at(31));
  EXPECT_FALSE(load->complete);
  EXPECT_DOUBLE_EQ(load->mean, 8);
  tell("a", 32, 9, 3);
  EXPECT_TRUE(window.at(at(40))->complete);
}

TEST_F(WindowTest, ALostLineIsBridged) {
  tell("a", 1, 10, 3);
  tell("a", 14, 6, 3);
  const auto load = window.at(at(19));
  EXPECT_TRUE(load->complete);
  EXPECT_DOUBLE_EQ(load->mean, 3);
}

TEST_F(WindowTest, AClockThatJumpsForwardIsAGap) {
  tell("a", 1, 12, 3);
  window.add("a", {.value = 3, .active = true}, at(100000));
  const auto load = window.at(at(100000));
  ASSERT_TRUE(load);
  EXPECT_FALSE(load->complete);
}

TEST_F(WindowTest, AClockThatJumpsBackIsTakenAsStandingStill) {
  tell("a", 1, 12, 3);
  window.add("a", {.value = 7, .active = true}, at(2));
  const auto load = window.at(at(3));
  ASSERT_TRUE(load);
  EXPECT_NEAR(load->mean, 3, 1.0);
  EXPECT_TRUE(load->complete);
}

TEST_F(WindowTest, IdleTimeCountsFromTheLastRequest) {
  tell("a", 1, 3, 1);
  EXPECT_EQ(window.at(at(3))->idle, 0s);
  tell("a", 4, 6, 0);
  EXPECT_EQ(window.at(at(9))->idle, 6s);
  EXPECT_TRUE(window.at(at(9))->seen_request);
}

TEST_F(WindowTest, WithoutAnyRequestIdleTimeCountsFromTheFirstLine) {
  tell("a", 1, 6, 0);
  const auto load = window.at(at(6));
  EXPECT_EQ(load->idle, 6s);
  EXPECT_FALSE(load->seen_request);
}

TEST_F(WindowTest, ThePeakLeavesWithItsWindow) {
  tell("a", 1, 10, 1);
  tell("a", 11, 3, 9);
  tell("a", 14, 7, 1);
  EXPECT_NEAR(window.at(at(20))->peak, 9, 1e-9);
  tell("a", 21, 6, 1);
  EXPECT_NEAR(window.at(at(26))->peak, 1, 1e-9);
}

TEST_F(WindowTest, ALineAtOnceAfterAnotherCountsItsOwnTimeOnly) {
  tell("a", 1, 10, 0);
  window.add("a", {.value = 1, .period = 1000ms, .waiting = 3, .active = true}, at(10) + 50ms);
  const auto load = window.at(at(10) + 50ms);
  EXPECT_EQ(load->waiting, 3);
  EXPECT_LT(load->mean, 0.01);
  EXPECT_EQ(load->idle, 0s);
}

TEST_F(WindowTest, ALongWindowKeepsItsMeanInFewSteps) {
  Window hour{{.stable = 3600s}};
  for (int i = 1; i <= 7200; ++i)
    hour.add("a", {.value = i % 2 ? 2.0 : 4.0, .active = true}, at(i));
  EXPECT_NEAR(hour.at(at(7200))->mean, 3, 0.01);
  EXPECT_TRUE(hour.at(at(7200))->complete);
}

}  // namespace
}  // namespace cresset::autoscale
