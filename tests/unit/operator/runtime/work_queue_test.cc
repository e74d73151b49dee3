#include "operator/runtime/work_queue.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <atomic>
#include <thread>
#include <vector>

namespace cresset::runtime {
namespace {

using namespace std::chrono_literals;
using kube::ObjectKey;

const ObjectKey kA{"team", "a"};
const ObjectKey kB{"team", "b"};

class Queue : public ::testing::Test {
 protected:
  // A key that is due now, or nothing: asks without waiting.
  std::optional<ObjectKey> poll() {
    if (queue_.size() == 0) return std::nullopt;
    return queue_.next({});
  }

  base::ManualClock clock_;
  WorkQueue queue_{clock_, [] { return 0.999999; }};  // each wait is the upper end of its span
};

TEST_F(Queue, GivesKeysInTheOrderTheyWereAdded) {
  queue_.add(kA);
  queue_.add(kB);
  EXPECT_EQ(queue_.next({}), kA);
  EXPECT_EQ(queue_.next({}), kB);
}

TEST_F(Queue, AKeyAddedManyTimesComesOnce) {
  for (int i = 0; i < 10; ++i) queue_.add(kA);
  EXPECT_EQ(queue_.size(), 1U);
  EXPECT_EQ(poll(), kA);
  queue_.done(kA);
  EXPECT_EQ(poll(), std::nullopt);
}

TEST_F(Queue, AKeyAddedWhileProcessedComesAgainOnlyAfterDone) {
  queue_.add(kA);
  ASSERT_EQ(queue_.next({}), kA);
  queue_.add(kA);
  queue_.add(kA);
  EXPECT_EQ(poll(), std::nullopt);
  queue_.done(kA);
  EXPECT_EQ(poll(), kA);
  queue_.done(kA);
  EXPECT_EQ(poll(), std::nullopt);
}

TEST_F(Queue, ADelayedKeyComesWhenItsTimeHasCome) {
  queue_.add_after(kA, 5s);
  clock_.advance(4999ms);
  EXPECT_EQ(poll(), std::nullopt);
  clock_.advance(1ms);
  EXPECT_EQ(poll(), kA);
}

TEST_F(Queue, TheEarliestOfSeveralDelaysWins) {
  queue_.add_after(kA, 5s);
  queue_.add_after(kA, 2s);
  queue_.add_after(kA, 9s);
  clock_.advance(2s);
  EXPECT_EQ(poll(), kA);
  queue_.done(kA);
  clock_.advance(60s);
  EXPECT_EQ(poll(), std::nullopt);
}

TEST_F(Queue, AFailingKeyWaitsTwiceAsLongEachTimeUpToTheCap) {
  std::vector<std::chrono::milliseconds> expected = {5ms, 10ms, 20ms, 40ms};
  for (const auto wait : expected) {
    queue_.add_failed(kA);
    clock_.advance(wait - 2ms);
    EXPECT_EQ(poll(), std::nullopt) << wait.count();
    clock_.advance(2ms);
    EXPECT_EQ(poll(), kA) << wait.count();
    queue_.done(kA);
  }
  for (int i = 0; i < 100; ++i) queue_.add_failed(kA);
  clock_.advance(60s);
  EXPECT_EQ(poll(), kA);
}

TEST_F(Queue, FreshKeysGoBeforeListedOnes) {
  queue_.add(kA, Priority::kListed);
  queue_.add(kB);
  EXPECT_EQ(poll(), kB);
  EXPECT_EQ(poll(), kA);
}

TEST_F(Queue, ARetryAndALaterLookKeepThePriorityOfTheWork) {
  queue_.add(kA, Priority::kListed);
  queue_.add(kB, Priority::kListed);
  ASSERT_EQ(poll(), kA);
  ASSERT_EQ(poll(), kB);
  queue_.add_failed(kA);
  queue_.add_after(kB, 1s);
  queue_.done(kA);
  queue_.done(kB);
  queue_.add_after({"team", "c"}, 2s);
  clock_.advance(2s);
  EXPECT_EQ(poll(), (ObjectKey{"team", "c"})) << "nobody worked on it: fresh";
  EXPECT_EQ(poll(), kA);
  EXPECT_EQ(poll(), kB);
}

TEST_F(Queue, ASuccessForgetsTheFailuresOfItsKeyOnly) {
  for (int i = 0; i < 10; ++i) {
    queue_.add_failed(kA);
    queue_.add_failed(kB);
  }
  clock_.advance(60s);
  while (const auto key = poll()) queue_.done(*key);
  queue_.forget(kA);
  queue_.add_failed(kA);
  queue_.add_failed(kB);
  clock_.advance(5ms);
  EXPECT_EQ(poll(), kA);
  EXPECT_EQ(poll(), std::nullopt);
}

TEST_F(Queue, KeepsNothingOfKeysThatAreDone) {
  for (int i = 0; i < 1000; ++i) {
    const ObjectKey key{"team", "job-" + std::to_string(i)};
    queue_.add_failed(key);
    queue_.add(key);
  }
  clock_.advance(60s);
  EXPECT_EQ(queue_.size(), 1000U);
  while (const auto key = poll()) {
    queue_.forget(*key);
    queue_.done(*key);
  }
  EXPECT_EQ(queue_.remembered(), 0U);
}

TEST_F(Queue, AWaitingWorkerIsWokenByAnAddAndByTheClock) {
  std::atomic<int> got = 0;
  std::jthread worker([&](std::stop_token stop) {
    while (const auto key = queue_.next(stop)) {
      queue_.done(*key);
      ++got;
      got.notify_all();
    }
  });
  queue_.add(kA);
  got.wait(0);
  queue_.add_after(kA, 1h);
  queue_.add_after(kB, 1min);
  clock_.advance(1min);
  got.wait(1);
  EXPECT_EQ(got, 2);
}

TEST_F(Queue, AStopEndsTheWait) {
  std::jthread worker([&](std::stop_token stop) { EXPECT_EQ(queue_.next(stop), std::nullopt); });
  worker.request_stop();
}

TEST_F(Queue, TellsItsDepthAndCountsAddsAndRetries) {
  base::Metrics metrics;
  queue_.report_to(metrics, "trainingjob");
  queue_.add(kA);
  queue_.add(kB);
  queue_.add(kB);
  queue_.add({"team", "c"}, Priority::kListed);
  queue_.add_failed(kA);
  const auto text = metrics.render();
  for (const char* line :
       {"workqueue_depth{controller=\"trainingjob\",name=\"trainingjob\",priority=\"0\"} 2",
        "workqueue_depth{controller=\"trainingjob\",name=\"trainingjob\",priority=\"-100\"} 1",
        "workqueue_adds_total{controller=\"trainingjob\",name=\"trainingjob\"} 3",
        "workqueue_retries_total{controller=\"trainingjob\",name=\"trainingjob\"} 1"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
}

TEST_F(Queue, TellsHowLongKeysWaitAndAreWorkedOn) {
  base::Metrics metrics;
  queue_.report_to(metrics, "trainingjob");
  queue_.add(kA);
  clock_.advance(std::chrono::seconds(2));
  ASSERT_EQ(queue_.next({}), kA);
  clock_.advance(std::chrono::seconds(3));
  queue_.done(kA);
  const auto text = metrics.render();
  for (const char* line :
       {"workqueue_queue_duration_seconds_sum{controller=\"trainingjob\",name=\"trainingjob\"} 2",
        "workqueue_work_duration_seconds_sum{controller=\"trainingjob\",name=\"trainingjob\"} 3",
        "workqueue_work_duration_seconds_count{controller=\"trainingjob\",name=\"trainingjob\"} 1"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
}

TEST_F(Queue, TellsAtEachScrapeHowLongTheWorkThatGoesOnHasTaken) {
  base::Metrics metrics;
  queue_.report_to(metrics, "trainingjob");
  const auto told = [&](const std::string& sum, const std::string& longest) {
    const auto text = metrics.render();
    for (const auto& line :
         {"\nworkqueue_unfinished_work_seconds{controller=\"trainingjob\",name=\"trainingjob\"} " +
              sum + "\n",
          "\nworkqueue_longest_running_processor_seconds{controller=\"trainingjob\",name="
          "\"trainingjob\"} " +
              longest + "\n"})
      EXPECT_NE(text.find(line), std::string::npos) << line << text;
  };
  told("0", "0");
  queue_.add(kA);
  clock_.advance(1s);
  told("0", "0");  // it waits: nobody works on it
  ASSERT_EQ(queue_.next({}), kA);
  clock_.advance(3s);
  queue_.add(kB);
  ASSERT_EQ(queue_.next({}), kB);
  told("3", "3");
  clock_.advance(2s);
  told("7", "5");
  clock_.advance(500ms);
  told("8", "5.5");
  queue_.done(kA);
  told("2.5", "2.5");
  queue_.done(kB);
  told("0", "0");
}

TEST_F(Queue, ThatIsGoneIsNotAskedAtAScrape) {
  base::Metrics metrics;
  {
    WorkQueue queue(clock_, [] { return 0.5; });
    queue.report_to(metrics, "gone");
    queue.add(kA);
    ASSERT_EQ(queue.next({}), kA);
  }
  clock_.advance(5s);
  EXPECT_NE(metrics.render().find(
                "workqueue_unfinished_work_seconds{controller=\"gone\",name=\"gone\"} 0\n"),
            std::string::npos);
}

// Against a model: no key is given out twice at once, and none that was added is lost.
TEST(QueueProperty, EveryAddIsAnsweredByALaterProcessingAndNoneRunsTwiceAtOnce) {
  EXPECT_TRUE(rc::check([] {
    base::ManualClock clock;
    WorkQueue queue(clock, base::seeded_random(1));
    std::set<ObjectKey> owed;
    std::set<ObjectKey> running;
    const auto take = [&] {
      const auto key = queue.next({});
      RC_ASSERT(running.insert(*key).second);
      RC_ASSERT(owed.erase(*key) == 1);
    };
    const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 4), rc::gen::inRange(0, 3)));
    for (const auto& [what, which] : steps) {
      const ObjectKey key{"", std::to_string(which)};
      if (what == 0) {
        queue.add(key);
        owed.insert(key);
      } else if (what == 1 && queue.size() > 0) {
        take();
      } else if (what == 2 && running.erase(key) == 1) {
        queue.done(key);
      } else if (what == 3) {
        queue.add_after(key, 1s);
        owed.insert(key);
        clock.advance(1s);
        queue.add(key);
      }
    }
    for (const auto& key : running) queue.done(key);
    running.clear();
    clock.advance(1min);
    while (!owed.empty()) {
      take();
      queue.done(*running.begin());
      running.clear();
    }
  }));
}

}  // namespace
}  // namespace cresset::runtime
