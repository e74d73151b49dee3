#include "controllers/common/many_calls.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <latch>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

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

  CallHelpers helpers_;
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
  CallHelpers none(0, 0);
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
  CallHelpers none(0, 0);
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

// One thread that brings the answers of calls which nobody waits for, as an HTTP client's does.
class Answers {
 public:
  using Say = std::function<kube::Outcome(size_t place)>;

  explicit Answers(Say say = [](size_t) { return kube::Outcome{}; }) : say_(std::move(say)) {}

  void begin(size_t place, const kube::Told& told) {
    std::lock_guard lock(mutex_);
    asked_.emplace_back(place, told);
    begun_.push_back(place);
    most_ = std::max(most_, ++under_way_);
    threads_.insert(std::this_thread::get_id());
    changed_.notify_all();
  }
  auto calls() {
    return [this](size_t place, const kube::Told& told) { begin(place, told); };
  }
  // From now on answers nothing until so many have been under way; gives up after a while, so that
  // a test fails and does not hang.
  void wait_for(size_t together) {
    std::lock_guard lock(mutex_);
    together_ = together;
  }
  std::vector<size_t> begun() const {
    std::lock_guard lock(mutex_);
    return begun_;
  }
  size_t most() const {
    std::lock_guard lock(mutex_);
    return most_;
  }
  size_t threads() const {
    std::lock_guard lock(mutex_);
    return threads_.size();
  }

 private:
  void answer(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [&] { return !asked_.empty(); })) {
      const auto are_together = [&] { return most_ >= together_; };
      if (!changed_.wait_for(lock, stop, std::chrono::seconds(5), are_together)) together_ = 0;
      const auto [place, told] = std::move(asked_.front());
      asked_.pop_front();
      lock.unlock();
      auto outcome = say_(place);
      lock.lock();
      --under_way_;
      lock.unlock();
      told(std::move(outcome));
      lock.lock();
    }
  }

  const Say say_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::pair<size_t, kube::Told>> asked_;
  std::vector<size_t> begun_;
  std::set<std::thread::id> threads_;
  size_t under_way_ = 0, most_ = 0, together_ = 1;
  std::jthread thread_{[this](std::stop_token stop) { answer(stop); }};
};

TEST_F(ManyCallsTest, WhoBringsAnAnswerBeginsTheNextSoThatAThousandCallsTakeTwoThreads) {
  Answers answers;
  answers.wait_for(kCallsAtOnce);
  const auto done = make_calls({.count = 1000, .begin = answers.calls()}, helpers_);
  ASSERT_TRUE(done.result);
  EXPECT_EQ(done.done, std::vector<bool>(1000, true));
  EXPECT_EQ(answers.begun().size(), 1000U);
  EXPECT_EQ(answers.most(), kCallsAtOnce);
  EXPECT_LE(answers.threads(), 2U) << "this one and that of the answers";
}

TEST_F(ManyCallsTest, ASlowStartHasOneUnderWayAndOneMoreWithEachSuccess) {
  std::vector<size_t> under_way;  // when the answer came
  Answers* asked = nullptr;
  size_t answered = 0;
  Answers answers([&](size_t) {
    under_way.push_back(asked->begun().size() - answered++);
    // By now as many as ever may be under way.
    if (answered == 200) asked->wait_for(kCallsAtOnce);
    return kube::Outcome{};
  });
  asked = &answers;
  const auto slowly = [](size_t) { return true; };
  ASSERT_TRUE(
      make_calls({.count = 300, .begin = answers.calls(), .begins_slowly = slowly}, helpers_)
          .result);
  ASSERT_EQ(under_way.size(), 300U);
  EXPECT_EQ(under_way[0], 1U);
  for (size_t i = 0; i < under_way.size(); ++i) EXPECT_LE(under_way[i], i + 1) << i;
  EXPECT_EQ(answers.most(), kCallsAtOnce);
}

TEST_F(ManyCallsTest, AfterAnAnswerThatIsAnErrorNoneBeginsAndWhatIsUnderWayIsWaitedFor) {
  Answers answers([](size_t place) {
    return place == 7 ? kube::Outcome{.result = base::fail(base::forbidden("quota"))}
                      : kube::Outcome{};
  });
  const auto done = make_calls({.count = 500, .begin = answers.calls()}, helpers_);
  ASSERT_FALSE(done.result);
  EXPECT_TRUE(base::is_forbidden(done.result.error()));
  EXPECT_LE(answers.begun().size(), 7U + kCallsAtOnce);
  std::vector<bool> expected(500, false);
  for (const size_t place : answers.begun()) expected[place] = place != 7;
  EXPECT_EQ(done.done, expected);
}

TEST_F(ManyCallsTest, WhatIsLeftOfACallAndBlocksIsDoneByOthersThanTheThreadOfTheAnswers) {
  std::set<std::thread::id> answering, resting;
  Answers answers([&](size_t place) {
    answering.insert(std::this_thread::get_id());
    if (place % 2 == 0) return kube::Outcome{};
    return kube::Outcome{.rest = [this, &resting] {
      auto met = meet(kCallsAtOnce / 2);  // so many are left over at once
      std::lock_guard lock(mutex_);
      resting.insert(std::this_thread::get_id());
      return met;
    }};
  });
  const auto done = make_calls({.count = 400, .begin = answers.calls()}, helpers_);
  ASSERT_TRUE(done.result);
  EXPECT_EQ(done.done, std::vector<bool>(400, true));
  EXPECT_GE(most_, kCallsAtOnce / 2);
  for (const auto& thread : answering) EXPECT_FALSE(resting.contains(thread));
}

TEST_F(ManyCallsTest, WithoutAHelperTheCallerDoesWhatIsLeft) {
  CallHelpers none(0, 0);
  const auto caller = std::this_thread::get_id();
  std::vector<int> rests(20);
  Answers answers([&](size_t place) {
    return kube::Outcome{.rest = [&rests, place, caller]() -> base::Result<void> {
      EXPECT_EQ(std::this_thread::get_id(), caller);
      ++rests[place];
      return {};
    }};
  });
  ASSERT_TRUE(make_calls({.count = rests.size(), .begin = answers.calls()}, none).result);
  EXPECT_EQ(rests, std::vector<int>(20, 1));
}

TEST_F(ManyCallsTest, AnExceptionOfWhoBeginsACallIsItsErrorOnWhicheverThread) {
  Answers answers;
  for (const size_t odd : {size_t{3}, kCallsAtOnce + 30}) {
    const auto begin = [&](size_t place, const kube::Told& told) {
      if (place == odd) throw std::runtime_error("odd");
      answers.begin(place, told);
    };
    const auto done = make_calls({.count = 200, .begin = begin}, helpers_);
    ASSERT_FALSE(done.result);
    EXPECT_EQ(done.result.error().message(), "exception: odd");
  }
  EXPECT_TRUE(make_calls({.count = 200, .begin = answers.calls()}, helpers_).result);
}

TEST_F(ManyCallsTest, AnExceptionOfWhoIsAskedHowToGoOnIsAnErrorToo) {
  Answers answers;
  const auto slowly = [](size_t place) {
    return place < 70 ? false : throw std::runtime_error("odd");
  };
  const auto may_go_on = [asked = 0]() mutable -> base::Result<void> {
    return ++asked < 70 ? base::Result<void>() : throw std::runtime_error("odd");
  };
  for (const auto& calls :
       {ManyCalls{.count = 200, .begin = answers.calls(), .begins_slowly = slowly},
        ManyCalls{.count = 200, .begin = answers.calls(), .may_go_on = may_go_on}}) {
    const auto done = make_calls(calls, helpers_);
    ASSERT_FALSE(done.result);
    EXPECT_EQ(done.result.error().message(), "exception: odd");
  }
}

TEST_F(ManyCallsTest, WhatIsToldOfACallAgainCountsForNothingNotEvenWhenAllIsOver) {
  kube::Told late;
  const auto begin = [&](size_t place, const kube::Told& told) {
    told({});
    if (place == 3) late = told;
    if (place % 2 == 0) throw std::runtime_error("odd");
  };
  const auto done = make_calls({.count = 100, .begin = begin}, helpers_);
  ASSERT_TRUE(done.result) << done.result.error().message();
  EXPECT_EQ(done.done, std::vector<bool>(100, true));
  late({.result = base::fail(base::unavailable("late"))});
}

TEST_F(ManyCallsTest, WhetherTheyMayGoOnIsAskedAgainBeforeACallThatHadToWait) {
  CallHelpers none(0, 0);
  size_t made = 0;
  const auto call = [&](size_t) -> base::Result<void> {
    ++made;
    return {};
  };
  const auto may_go_on = [&]() -> base::Result<void> {
    if (made < 5) return {};
    return base::fail(base::conflict("changed"));
  };
  const auto done = make_calls({.count = 20, .call = call, .may_go_on = may_go_on}, none);
  ASSERT_FALSE(done.result);
  EXPECT_EQ(done.result.error().message(), "changed");
  EXPECT_EQ(made, 5U);
}

TEST_F(ManyCallsTest, WhoIsAskedWhetherTheyMayGoOnHoldsUpNoAnswer) {
  std::promise<void> answered;
  std::jthread answers;
  const auto begin = [&](size_t place, const kube::Told& told) {
    if (place != 0) return told({});
    answers = std::jthread([&answered, told] {
      told({});
      answered.set_value();
    });
  };
  size_t asked = 0;
  auto was_answered = std::future_status::deferred;
  const auto may_go_on = [&]() -> base::Result<void> {
    if (++asked == 2) was_answered = answered.get_future().wait_for(std::chrono::seconds(5));
    return {};
  };
  const auto done = make_calls({.count = 3, .begin = begin, .may_go_on = may_go_on}, helpers_);
  EXPECT_TRUE(done.result);
  EXPECT_EQ(was_answered, std::future_status::ready);
}

TEST_F(ManyCallsTest, CallersShareWhatMayBeUnderWay) {
  std::latch small_is_done(1);
  Answers large([&](size_t) {
    small_is_done.wait();
    return kube::Outcome{};
  });
  std::jthread of_large(
      [&] { EXPECT_TRUE(make_calls({.count = 200, .begin = large.calls()}, helpers_).result); });
  while (large.most() < kCallsAtOnce) std::this_thread::yield();
  Answers small;
  small.wait_for(kCallsAtOnce / 2);
  EXPECT_TRUE(make_calls({.count = 200, .begin = small.calls()}, helpers_).result);
  EXPECT_EQ(small.most(), kCallsAtOnce / 2);
  small_is_done.count_down();
}

}  // namespace
}  // namespace cresset::controllers
