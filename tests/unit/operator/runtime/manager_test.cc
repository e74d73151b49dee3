#include "operator/runtime/manager.h"

#include <gmock/gmock.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace cresset::runtime {
namespace {

// Writes its life into a shared diary.
class Diarist : public Runnable {
 public:
  Diarist(std::string name, std::vector<std::string>& diary, std::mutex& mutex)
      : name_(std::move(name)), diary_(diary), mutex_(mutex) {}
  std::string name() const override { return name_; }
  bool ready() const override { return ready_; }
  bool settled() const override { return ready_ || settled_; }
  bool served() const override { return served_; }
  std::optional<Held> held() const override { return held_; }
  std::string waiting_for() const override { return ready_ ? "" : "its first list"; }
  void run(std::stop_token stop) override {
    write("starts");
    runs_ = true;
    runs_.notify_all();
    if (end_at_once_) throw std::runtime_error("lost");
    std::atomic<bool> stopped = false;
    const std::stop_callback wake(stop, [&] {
      stopped = true;
      stopped.notify_all();
    });
    stopped.wait(false);
    write("ends");
  }

  std::atomic<bool> ready_ = true;
  std::atomic<bool> settled_ = false;
  std::atomic<bool> served_ = true;
  std::atomic<bool> runs_ = false;
  std::optional<Held> held_;  // set before run() alone
  bool end_at_once_ = false;

 private:
  void write(const std::string& what) {
    std::lock_guard lock(mutex_);
    diary_.push_back(name_ + " " + what);
  }
  std::string name_;
  std::vector<std::string>& diary_;
  std::mutex& mutex_;
};

class Managers : public ::testing::Test {
 protected:
  std::mutex mutex_;
  std::vector<std::string> diary_;
  base::Metrics metrics_;
  Diarist informer_{"informer", diary_, mutex_};
  Diarist controller_{"controller", diary_, mutex_};
  Manager manager_{base::silent()};
  std::stop_source stop_;
};

TEST_F(Managers, StartControllersOnlyWhenWhatIsBeforeThemIsReady) {
  informer_.ready_ = false;
  manager_.add(informer_);
  manager_.add_after_sync(controller_);
  std::jthread main([&] { EXPECT_TRUE(manager_.run(stop_.get_token())); });
  informer_.runs_.wait(false);
  EXPECT_EQ(manager_.not_ready(), std::vector<std::string>{"informer: its first list"});
  EXPECT_FALSE(controller_.runs_);
  informer_.ready_ = true;
  controller_.runs_.wait(false);
  EXPECT_TRUE(manager_.not_ready().empty());
  stop_.request_stop();
  main.join();
  EXPECT_EQ(diary_, (std::vector<std::string>{"informer starts", "controller starts",
                                              "controller ends", "informer ends"}));
}

TEST_F(Managers, StartControllersWhenWhatIsBeforeThemIsSettledAndStillNameWhatIsNotReady) {
  informer_.ready_ = false;
  manager_.add(informer_);
  manager_.add_after_sync(controller_);
  std::jthread main([&] { EXPECT_TRUE(manager_.run(stop_.get_token())); });
  informer_.runs_.wait(false);
  EXPECT_FALSE(manager_.settled());
  informer_.settled_ = true;
  controller_.runs_.wait(false);
  EXPECT_TRUE(manager_.settled());
  EXPECT_EQ(manager_.not_ready(), std::vector<std::string>{"informer: its first list"});
  stop_.request_stop();
}

TEST_F(Managers, TellOfOneThatIsNotServedAndStopNothingForIt) {
  manager_.add(informer_);
  manager_.add_after_sync(controller_);
  std::jthread main([&] { EXPECT_TRUE(manager_.run(stop_.get_token())); });
  informer_.runs_.wait(false);
  controller_.runs_.wait(false);
  EXPECT_TRUE(manager_.served());
  informer_.settled_ = true;
  informer_.ready_ = false;
  informer_.served_ = false;
  EXPECT_FALSE(manager_.served());
  EXPECT_TRUE(manager_.settled());
  EXPECT_EQ(manager_.not_ready(), std::vector<std::string>{"informer: its first list"});
  stop_.request_stop();
  main.join();
  // It was ready at once, so that nobody waited for the other.
  ASSERT_EQ(diary_.size(), 4U);
  EXPECT_THAT((std::vector{diary_[0], diary_[1]}),
              ::testing::UnorderedElementsAre("informer starts", "controller starts"));
}

TEST_F(Managers, TellAtEachScrapeWhichCachesAreReadyAndWhatThoseOfAKindHoldTogether) {
  Diarist jobs("jobs", diary_, mutex_), more_pods("more pods", diary_, mutex_);
  jobs.held_ = {"trainingjobs", 3};
  informer_.held_ = {"pods", 2};
  more_pods.held_ = {"pods", 5};
  more_pods.ready_ = false;
  for (auto* one : {&jobs, &informer_, &more_pods}) manager_.add(*one);
  manager_.add_after_sync(controller_);
  manager_.report_to(metrics_);
  const std::string text = metrics_.render();
  for (const char* line : {"cresset_informer_synced{resource=\"trainingjobs\"} 1\n",
                           "cresset_informer_objects{resource=\"trainingjobs\"} 3\n",
                           "cresset_informer_synced{resource=\"pods\"} 0\n",
                           "cresset_informer_objects{resource=\"pods\"} 7\n"})
    EXPECT_THAT(text, ::testing::HasSubstr(line));
  more_pods.ready_ = true;
  EXPECT_THAT(metrics_.render(),
              ::testing::HasSubstr("cresset_informer_synced{resource=\"pods\"} 1\n"));
}

TEST_F(Managers, StopWhileTheyStillWaitForTheFirstList) {
  informer_.ready_ = false;
  manager_.add(informer_);
  manager_.add_after_sync(controller_);
  std::jthread main([&] { EXPECT_TRUE(manager_.run(stop_.get_token())); });
  informer_.runs_.wait(false);
  stop_.request_stop();
  main.join();
  EXPECT_FALSE(controller_.runs_);
}

TEST_F(Managers, StopTheOthersWhenOneEndsByItselfAndSayWhichAndWhy) {
  controller_.end_at_once_ = true;
  manager_.add(informer_);
  manager_.add_after_sync(controller_);
  const auto result = manager_.run(stop_.get_token());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(), "controller ended by itself: exception: lost");
  EXPECT_EQ(diary_.back(), "informer ends");
}

}  // namespace
}  // namespace cresset::runtime
