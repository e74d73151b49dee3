#include "operator/runtime/patience.h"

#include <gtest/gtest.h>

#include <atomic>

namespace cresset::runtime {
namespace {

using namespace std::chrono_literals;

class Patiences : public ::testing::Test {
 protected:
  void pass(std::chrono::seconds span) {
    while (clock_.waiting() == 0) std::this_thread::yield();
    clock_.advance(span);
  }
  base::ManualClock clock_;
  std::atomic<int> ended_ = 0;
};

TEST_F(Patiences, EndOnceWhenTheSpanHasPassed) {
  Patience patience(clock_, 10s, [this] {
    ++ended_;
    ended_.notify_all();
  });
  pass(9s);
  EXPECT_FALSE(patience.is_over());
  pass(1s);
  ended_.wait(0);
  EXPECT_TRUE(patience.is_over());
  clock_.advance(1h);
  EXPECT_EQ(ended_, 1);
}

TEST_F(Patiences, AreRenewed) {
  Patience patience(clock_, 10s, [this] {
    ++ended_;
    ended_.notify_all();
  });
  for (int i = 0; i < 5; ++i) {
    pass(9s);
    patience.renew();
  }
  EXPECT_FALSE(patience.is_over());
  pass(10s);
  ended_.wait(0);
  EXPECT_EQ(ended_, 1);
}

TEST_F(Patiences, EndNothingWhenTheyAreGoneBefore) {
  {
    const Patience patience(clock_, 10s, [this] { ++ended_; });
  }
  clock_.advance(1h);
  EXPECT_EQ(ended_, 0);
}

}  // namespace
}  // namespace cresset::runtime
