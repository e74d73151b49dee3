#include "worker/data/core/read_ahead.h"

#include <gmock/gmock.h>

#include <atomic>
#include <new>
#include <numeric>
#include <random>
#include <set>
#include <string>

namespace cresset::data::read_ahead_test {
namespace {

using testing::ElementsAre;
using testing::Le;
using Words = ReadAhead<std::string>;

// Step s needs the parts s, s + 1 and s + 2, each of a byte.
class Reading : public testing::Test {
 protected:
  Words::Source source(int64_t most_bytes) {
    return {.parts_of =
                [](int64_t step) {
                  const auto first = static_cast<size_t>(step);
                  return std::vector<size_t>{first, first + 1, first + 2};
                },
            .bytes_of = [](size_t) { return 1; },
            .load = [this](size_t part) { return load(part); },
            .most_bytes = most_bytes,
            .end_step = 1000};
  }
  base::Result<std::string> load(size_t part) {
    std::lock_guard lock(mutex_);
    loaded_.push_back(part);
    read_.notify_all();
    if (part == broken_) return base::fail(base::invalid("part " + std::to_string(part)));
    if (part == too_large_) throw std::bad_alloc();
    return std::to_string(part);
  }
  // Waits until so many parts were read.
  void wait_for(size_t parts) {
    std::unique_lock lock(mutex_);
    read_.wait(lock, [&] { return loaded_.size() >= parts; });
  }
  std::vector<size_t> loaded() {
    std::lock_guard lock(mutex_);
    return loaded_;
  }

  std::mutex mutex_;
  std::condition_variable read_;
  std::vector<size_t> loaded_;
  size_t broken_ = 1000000;
  size_t too_large_ = 1000000;
};

TEST_F(Reading, EachPartIsReadOnceAndEachStepHasAllOfItsOwn) {
  Words words(source(10), 0);
  for (int64_t step = 0; step < 500; ++step) {
    const auto parts = words.parts_of(step);
    ASSERT_TRUE(parts);
    for (int64_t part = step; part < step + 3; ++part)
      ASSERT_EQ(*parts->at(static_cast<size_t>(part)), std::to_string(part));
  }
  std::vector<size_t> first(502);
  std::iota(first.begin(), first.end(), size_t{0});
  auto read = loaded();
  read.resize(502);
  EXPECT_EQ(read, first);
}

TEST_F(Reading, AnExceptionBesideALoadIsThrownOnAndAnotherStepCanBeAskedFor) {
  for (const bool of_parts : {true, false}) {
    auto breaks = source(10);
    if (of_parts)
      breaks.parts_of = [parts = breaks.parts_of](int64_t step) {
        if (step == 3) throw std::bad_alloc();
        return parts(step);
      };
    else
      breaks.bytes_of = [](size_t part) -> int64_t {
        if (part == 5) throw std::bad_alloc();
        return 1;
      };
    Words words(breaks, 0);
    EXPECT_TRUE(words.parts_of(2));
    EXPECT_THROW(static_cast<void>(words.parts_of(3)), std::bad_alloc);
    EXPECT_TRUE(words.parts_of(20));
  }
}

TEST_F(Reading, GoesAheadAsFarAsTheMemoryReachesAndNotFurther) {
  Words words(source(5), 0);
  ASSERT_TRUE(words.parts_of(0));
  wait_for(5);
  EXPECT_THAT(loaded(), ElementsAre(0, 1, 2, 3, 4));
  for (int64_t step = 1; step < 200; ++step) ASSERT_TRUE(words.parts_of(step));
  EXPECT_THAT(words.most_bytes_held(), Le(5));
}

TEST_F(Reading, ReadsNothingForStepsThatDoNotCome) {
  auto three = source(100);
  three.end_step = 3;
  {
    Words words(three, 0);
    for (int64_t step = 0; step < 3; ++step) ASSERT_TRUE(words.parts_of(step));
  }
  EXPECT_THAT(loaded(), ElementsAre(0, 1, 2, 3, 4));
}

TEST_F(Reading, GoesAFewStepsAheadWhereAllIsThere) {
  auto same = source(100);
  std::atomic<int64_t> planned = 0;
  same.end_step = 1000000;
  same.parts_of = [&](int64_t step) { return planned = step, std::vector<size_t>{1, 2}; };
  {
    Words words(same, 0);
    for (int64_t step = 0; step < 5; ++step) ASSERT_TRUE(words.parts_of(step));
  }
  EXPECT_LT(planned, 5 + Words::kMostStepsAhead);
  EXPECT_THAT(loaded(), ElementsAre(1, 2));
}

TEST_F(Reading, WhatAStepNeedsIsReadWithoutRoomForMore) {
  Words words(source(1), 0);
  for (int64_t step = 0; step < 100; ++step) ASSERT_TRUE(words.parts_of(step));
  EXPECT_EQ(words.most_bytes_held(), 3);
}

TEST_F(Reading, AnyStepMayBeAskedForBackwardsAndFarAhead) {
  Words words(source(8), 70);
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {
    const auto step = static_cast<int64_t>(random() % 100);
    const auto parts = words.parts_of(step);
    ASSERT_TRUE(parts);
    for (int64_t part = step; part < step + 3; ++part)
      ASSERT_EQ(*parts->at(static_cast<size_t>(part)), std::to_string(part));
  }
  EXPECT_THAT(words.most_bytes_held(), Le(8));
}

TEST_F(Reading, OneStepBackReadsNothingThatIsStillThere) {
  Words words(source(3), 10);
  ASSERT_TRUE(words.parts_of(10));
  ASSERT_TRUE(words.parts_of(9));
  ASSERT_TRUE(words.parts_of(8));
  EXPECT_THAT(loaded(), ElementsAre(10, 11, 12, 9, 8));
}

TEST_F(Reading, AnErrorIsToldOnceAStepNeedsWhatCouldNotBeRead) {
  broken_ = 7;
  Words words(source(100), 0);
  for (int64_t step = 0; step < 5; ++step) ASSERT_TRUE(words.parts_of(step)) << step;
  EXPECT_EQ(words.parts_of(5).error().message(), "part 7");
  EXPECT_EQ(words.parts_of(6).error().message(), "part 7");
}

TEST_F(Reading, ForgetsAnErrorWhenAnotherStepIsAskedFor) {
  broken_ = 7;
  Words words(source(100), 5);
  ASSERT_FALSE(words.parts_of(5));
  EXPECT_TRUE(words.parts_of(50));
  EXPECT_TRUE(words.parts_of(3));
}

TEST_F(Reading, NoMemoryIsThrownOnWhereThePartIsNeeded) {
  too_large_ = 7;
  Words words(source(100), 0);
  ASSERT_TRUE(words.parts_of(4));
  EXPECT_THROW(static_cast<void>(words.parts_of(5)), std::bad_alloc);
}

TEST_F(Reading, EndsWhetherItReadsWaitsForRoomOrHasFailed) {
  { const Words unasked(source(100), 0); }
  {
    Words full(source(3), 0);
    ASSERT_TRUE(full.parts_of(0));
  }
  broken_ = 0;
  Words failed(source(3), 0);
  ASSERT_FALSE(failed.parts_of(0));
}

}  // namespace
}  // namespace cresset::data::read_ahead_test
