#include "operator/base/worker_pool.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <future>
#include <latch>
#include <set>

namespace cresset::base {
namespace {

// Counts who came through, once they all may go on.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    threads_.insert(std::this_thread::get_id());
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void wait_for(int inside) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return inside_ >= inside; });
  }
  void open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  size_t threads() {
    std::lock_guard lock(mutex_);
    return threads_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::thread::id> threads_;
  int inside_ = 0;
  bool open_ = false;
};

TEST(WorkerPool, HasAsManyThreadsAsThereIsToDoAtOnceAndNoMoreThanTheMost) {
  Gate gate;
  WorkerPool pool(3, 100);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(pool.post([&] { gate.pass(); }));
  gate.wait_for(3);
  gate.open();
  gate.wait_for(10);
  EXPECT_EQ(gate.threads(), 3U);
}

TEST(WorkerPool, GivesTasksToThreadsThatAreIdle) {
  std::set<std::thread::id> threads;
  bool again = false;
  WorkerPool pool(1000, 1000);
  // A thread is idle a moment after its task has said that it is done, so not each time.
  for (int i = 0; i < 200 && !again; ++i) {
    std::latch done(1);
    ASSERT_TRUE(pool.post([&] {
      again = !threads.insert(std::this_thread::get_id()).second;
      done.count_down();
    }));
    done.wait();
  }
  EXPECT_TRUE(again);
}

TEST(WorkerPool, ItsThreadsHaveItsName) {
  std::array<char, 16> name{};
  std::latch done(1);
  WorkerPool pool(1, 1);
  ASSERT_TRUE(pool.post([&] {
    pthread_getname_np(pthread_self(), name.data(), name.size());
    done.count_down();
  }));
  done.wait();
  EXPECT_STREQ(name.data(), WorkerPool::kThreadName);
}

TEST(WorkerPool, RefusesWhatWouldWaitTooLong) {
  Gate gate;
  WorkerPool pool(1, 2);
  ASSERT_TRUE(pool.post([&] { gate.pass(); }));
  gate.wait_for(1);
  EXPECT_TRUE(pool.post([] {}));
  EXPECT_TRUE(pool.post([] {}));
  EXPECT_FALSE(pool.post([] {}));
  gate.open();
}

TEST(WorkerPool, IsShortOfThreadsWhileATaskWaitsForOneThatIsBusy) {
  Gate gate;
  WorkerPool pool(1, 2);
  EXPECT_FALSE(pool.is_short_of_threads());
  ASSERT_TRUE(pool.post([&] { gate.pass(); }));
  gate.wait_for(1);
  EXPECT_FALSE(pool.is_short_of_threads());
  ASSERT_TRUE(pool.post([] {}));
  EXPECT_TRUE(pool.is_short_of_threads());
  gate.open();
}

TEST(WorkerPool, ItsEndWaitsForWhatRuns) {
  Gate gate;
  std::atomic<bool> ended{false};
  std::jthread opener;
  {
    WorkerPool pool(1, 10);
    ASSERT_TRUE(pool.post([&] {
      gate.pass();
      ended = true;
    }));
    gate.wait_for(1);
    opener = std::jthread([&] { gate.open(); });
  }
  EXPECT_TRUE(ended);
}

TEST(WorkerPool, ATaskThatComesAgainStandsBehindAllThatWaitHoweverManyThatAre) {
  std::string order;
  std::promise<void> full, done;
  {
    WorkerPool pool(1, 1);
    ASSERT_TRUE(pool.post([&] {
      full.get_future().wait();
      order += "a";
      pool.post_again([&] {
        order += "c";
        done.set_value();
      });
    }));
    while (!pool.post([&] { order += "b"; })) std::this_thread::yield();
    EXPECT_FALSE(pool.post([] {})) << "no more may wait";
    full.set_value();
    done.get_future().wait();
  }
  EXPECT_EQ(order, "abc");
}

}  // namespace
}  // namespace cresset::base
