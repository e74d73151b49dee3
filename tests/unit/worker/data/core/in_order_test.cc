#include "worker/data/core/in_order.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

namespace cresset::data::in_order_test {
namespace {

// Counts what was done, for those who wait for it.
class Turns {
 public:
  void wait_until(size_t made) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return made_ >= made; });
  }
  // What is not to be, for long enough that it would have been.
  void wait_in_vain_for(size_t made) {
    std::unique_lock lock(mutex_);
    EXPECT_FALSE(changed_.wait_for(lock, std::chrono::milliseconds(50), [&] {
      return made_ >= made;
    })) << made_;
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
                                                EXPECT_TRUE(number % 3 == 0 || room(number % 13));
                                                return std::make_unique<size_t>(number);
                                              }});
    for (size_t number = 0; number < 500; ++number) ASSERT_EQ(*numbers.next(), number);
  }
}

TEST(InOrder, NoMoreThanThereIsRoomForIsMadeAtOnceBesideTheFirst) {
  Turns in, tried;
  InOrder<size_t> numbers(
      {.count = 5, .threads = 5, .most_bytes = 10, .make = [&](size_t number, const Room& room) {
         if (number > 0) in.wait_until(1);
         EXPECT_TRUE(room(4));
         in.add();
         if (number > 0) tried.wait_until(1);
         if (number == 0) in.wait_in_vain_for(3);
         if (number == 0) tried.add();
         return number;
       }});
  for (size_t number = 0; number < 5; ++number) EXPECT_EQ(numbers.next(), number);
}

TEST(InOrder, WhatIsBeingMadeTakesMoreWhenThereIsRoomOrItIsTheFirst) {
  Turns in;
  std::atomic<bool> first_made = false;
  InOrder<size_t> numbers(
      {.count = 2, .threads = 2, .most_bytes = 10, .make = [&](size_t number, const Room& room) {
         if (number == 1) in.wait_until(1);
         EXPECT_TRUE(room(5));
         in.add();
         if (number == 0) {
           in.wait_until(2);
           EXPECT_TRUE(room(1000));
           first_made = true;
         } else {
           EXPECT_TRUE(room(1));
           EXPECT_TRUE(first_made);
         }
         return number;
       }});
  for (size_t number = 0; number < 2; ++number) EXPECT_EQ(numbers.next(), number);
}

TEST(InOrder, OneOfAnySizeIsMadeAllTheSame) {
  InOrder<size_t> numbers(
      {.count = 200, .threads = 4, .most_bytes = 10, .make = [&](size_t number, const Room& room) {
         EXPECT_TRUE(room(number % 50 == 0 ? 25 : 4) && room(number % 7));
         return number;
       }});
  for (size_t number = 0; number < 200; ++number) ASSERT_EQ(numbers.next(), number);
}

TEST(InOrder, NoMoreThanTwoAThreadAreMadeAheadOfWhatIsHandedOver) {
  Turns made;
  InOrder<size_t> numbers({.count = 20, .threads = 2, .make = [&](size_t number, const Room&) {
                             made.add();
                             return number;
                           }});
  made.wait_until(4);
  made.wait_in_vain_for(5);
  for (size_t number = 0; number < 20; ++number) EXPECT_EQ(numbers.next(), number);
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

TEST(InOrder, WhoWantsNoMoreWaitsOnlyForWhatIsBeingMadeAndNobodyIsLetInAnyMore) {
  Turns in;
  std::atomic<size_t> refused = 0;
  {
    InOrder<int> numbers(
        {.count = 100, .threads = 3, .most_bytes = 1, .make = [&](size_t number, const Room& room) {
           if (number == 0) return 0;
           if (number > 1) in.wait_until(1);
           EXPECT_TRUE(number != 1 || room(1));
           in.add();
           while (number == 1 && room(0)) std::this_thread::yield();
           if (number > 1 && !room(1)) ++refused;
           return 1;
         }});
    numbers.next();
    in.wait_until(3);
  }
  EXPECT_EQ(refused, 2);
}

}  // namespace
}  // namespace cresset::data::in_order_test
