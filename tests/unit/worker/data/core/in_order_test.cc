#include "worker/data/core/in_order.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>

namespace cresset::data::in_order_test {
namespace {

// Of texts, each made when those before it or after it are, as `first` says.
class Turns {
 public:
  void wait_until(size_t made) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return made_ >= made; });
  }
  void add() {
    std::lock_guard lock(mutex_);
    ++made_;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t made_ = 0;
};

TEST(InOrder, WhatIsMadeFirstWaitsForThoseBeforeIt) {
  Turns later;
  InOrder<std::string> texts({.count = 3, .threads = 3, .make = [&](size_t number, const Room&) {
                                if (number == 0) later.wait_until(2);
                                if (number > 0) later.add();
                                return std::to_string(number);
                              }});
  for (const char* wanted : {"0", "1", "2"}) EXPECT_EQ(texts.next(), wanted);
}

TEST(InOrder, ManyAreHandedOverInOrderWhateverTheNumberOfThreads) {
  for (const size_t threads : {1, 2, 7}) {
    InOrder<std::unique_ptr<size_t>> numbers({.count = 500,
                                              .threads = threads,
                                              .most_bytes = 10,
                                              .make = [](size_t number, const Room& room) {
                                                if (number % 3 != 0) room(number % 13);
                                                return std::make_unique<size_t>(number);
                                              }});
    for (size_t number = 0; number < 500; ++number) ASSERT_EQ(*numbers.next(), number);
  }
}

TEST(InOrder, NoMoreThanThereIsRoomForIsMadeAtOnceButOneOfAnySize) {
  std::atomic<size_t> held = 0, most = 0;
  InOrder<int> numbers(
      {.count = 200, .threads = 4, .most_bytes = 10, .make = [&](size_t number, const Room& room) {
         const size_t bytes = number % 50 == 0 ? 25 : 4;
         room(bytes);
         const size_t all = held += bytes;
         size_t before = most;
         while (all > before && !most.compare_exchange_weak(before, all)) {
         }
         EXPECT_TRUE(all <= 10 || all == 25) << all;
         held -= bytes;
         return 0;
       }});
  for (int i = 0; i < 200; ++i) numbers.next();
  EXPECT_EQ(most, 25);
}

TEST(InOrder, WhatMakingOneThrowsIsThrownInItsPlace) {
  InOrder<int> numbers({.count = 3, .threads = 2, .make = [](size_t number, const Room&) {
                          if (number == 1) throw std::runtime_error("of number 1");
                          return static_cast<int>(number);
                        }});
  EXPECT_EQ(numbers.next(), 0);
  EXPECT_THROW(numbers.next(), std::runtime_error);
  EXPECT_EQ(numbers.next(), 2);
}

TEST(InOrder, WhoWantsNoMoreWaitsOnlyForWhatIsBeingMade) {
  std::atomic<size_t> made = 0;
  {
    InOrder<int> numbers(
        {.count = 1 << 20, .threads = 2, .most_bytes = 1, .make = [&](size_t, const Room& room) {
           room(1);
           return static_cast<int>(++made);
         }});
    numbers.next();
  }
  EXPECT_LT(made, size_t{1} << 20);
}

}  // namespace
}  // namespace cresset::data::in_order_test
