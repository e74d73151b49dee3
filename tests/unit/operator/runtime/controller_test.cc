#include "operator/runtime/controller.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "operator/base/json.h"

namespace cresset::runtime {
namespace {

using namespace std::chrono_literals;
using kube::ObjectKey;

const ObjectKey kJob{"team", "digits"};

class Controllers : public ::testing::Test {
 protected:
  void start(Reconcile reconcile, int workers = 1) {
    controller_ = std::make_unique<Controller>(
        ControllerOptions{.name = "trainingjob", .kind = "TrainingJob", .workers = workers}, queue_,
        std::move(reconcile), clock_, metrics_, log());
    thread_ = std::jthread([this](std::stop_token stop) { controller_->run(stop); });
  }
  base::Log log() {
    return base::Log(base::LogLevel::kDebug, [this](base::LogLevel, const std::string& line) {
      std::lock_guard lock(mutex_);
      logged_ += line + "\n";
    });
  }
  std::string logged() {
    std::lock_guard lock(mutex_);
    return logged_;
  }
  std::vector<base::Json> lines() {
    std::vector<base::Json> all;
    std::istringstream text(logged());
    for (std::string line; std::getline(text, line);) all.push_back(*base::parse_json(line));
    return all;
  }
  void wait_for_calls(int count) {
    for (int seen = calls_; seen < count; seen = calls_) calls_.wait(seen);
  }
  // Until the worker has settled what it was called for.
  void finish() {
    thread_.request_stop();
    thread_.join();
  }
  bool metric(const std::string& line) { return metrics_.render().find(line) != std::string::npos; }

  std::mutex mutex_;
  std::string logged_;
  base::ManualClock clock_;
  base::Metrics metrics_;
  WorkQueue queue_{clock_, [] { return 0.999999; }};
  std::atomic<int> calls_ = 0;
  std::unique_ptr<Controller> controller_;
  std::jthread thread_;

  void called() {
    ++calls_;
    calls_.notify_all();
  }
};

TEST_F(Controllers, ReconcileAKeyThatWasAdded) {
  start([&](const ObjectKey& key) -> base::Result<Outcome> {
    EXPECT_EQ(key, kJob);
    called();
    return Outcome{};
  });
  queue_.add(kJob);
  wait_for_calls(1);
  finish();
  EXPECT_TRUE(metric(
      "controller_runtime_reconcile_total{controller=\"trainingjob\",result=\"success\"} 1"));
  EXPECT_TRUE(
      metric("controller_runtime_reconcile_time_seconds_count{controller=\"trainingjob\"} 1"));
  EXPECT_EQ(queue_.remembered(), 0U);
}

TEST_F(Controllers, LookAgainAfterTheTimeThatASuccessAskedFor) {
  start([&](const ObjectKey&) -> base::Result<Outcome> {
    called();
    return Outcome{.again_after = calls_ == 1 ? std::optional(10000ms) : std::nullopt};
  });
  queue_.add(kJob);
  wait_for_calls(1);
  // Counted after the delay was set; a clock that moves before would leave the key to wait for
  // ever.
  while (!metric("result=\"requeue_after\"} 1")) std::this_thread::yield();
  clock_.advance(10s);
  wait_for_calls(2);
  finish();
  EXPECT_TRUE(metric("result=\"requeue_after\"} 1"));
}

TEST_F(Controllers, TryAFailedKeyAgainByItsBackoff) {
  start([&](const ObjectKey&) -> base::Result<Outcome> {
    called();
    if (calls_ == 1) return base::fail(base::unavailable("no answer"));
    return Outcome{};
  });
  queue_.add(kJob);
  wait_for_calls(1);
  while (queue_.remembered() < 2) std::this_thread::yield();
  clock_.advance(5ms);
  wait_for_calls(2);
  finish();
  EXPECT_TRUE(metric("result=\"error\"} 1"));
  EXPECT_NE(logged().find("reconcile failed; retried"), std::string::npos);
  EXPECT_EQ(queue_.remembered(), 0U);
}

TEST_F(Controllers, DoNotRetryWhatNoRetryCanHeal) {
  start([&](const ObjectKey&) -> base::Result<Outcome> {
    called();
    return base::fail(base::invalid("spec.workers.count must be at least 1, found 0"));
  });
  queue_.add(kJob);
  wait_for_calls(1);
  finish();
  EXPECT_EQ(queue_.remembered(), 0U);
  EXPECT_TRUE(metric("controller_runtime_terminal_reconcile_errors_total"));
  EXPECT_TRUE(metric("controller_runtime_reconcile_errors_total{controller=\"trainingjob\"} 1"));
  EXPECT_NE(logged().find("spec.workers.count must be at least 1"), std::string::npos);
}

TEST_F(Controllers, CountThoseThatATimeLimitEndedAmongTheErrors) {
  start([&](const ObjectKey&) -> base::Result<Outcome> {
    called();
    return base::fail(base::timed_out("no answer within 30 s"));
  });
  EXPECT_TRUE(
      metric("controller_runtime_reconcile_timeouts_total{controller=\"trainingjob\"} 0\n"));
  queue_.add(kJob);
  wait_for_calls(1);
  finish();
  EXPECT_TRUE(
      metric("controller_runtime_reconcile_timeouts_total{controller=\"trainingjob\"} 1\n"));
  EXPECT_TRUE(metric("controller_runtime_reconcile_errors_total{controller=\"trainingjob\"} 1\n"));
  EXPECT_EQ(queue_.remembered(), 2U) << "it is tried again";
}

TEST_F(Controllers, ShowEachResultFromTheBeginningAlsoTheOneThatNeverComes) {
  start([](const ObjectKey&) -> base::Result<Outcome> { return Outcome{}; });
  for (const char* result : {"success", "error", "requeue", "requeue_after"})
    EXPECT_TRUE(metric("controller_runtime_reconcile_total{controller=\"trainingjob\",result=\"" +
                       std::string(result) + "\"} 0\n"))
        << result;
  finish();
}

TEST_F(Controllers, NameObjectAndReconcileInWhatTheyLog) {
  start([&](const ObjectKey&) -> base::Result<Outcome> {
    called();
    return base::fail(base::unavailable("no answer"));
  });
  queue_.add(kJob);
  wait_for_calls(1);
  finish();
  const auto told = lines();
  ASSERT_EQ(told.size(), 1U);
  const base::Json& line = told.front();
  for (const auto& [field, value] :
       {std::pair{"/controller", "trainingjob"}, std::pair{"/kind", "TrainingJob"},
        std::pair{"/namespace", "team"}, std::pair{"/name", "digits"},
        std::pair{"/error_kind", "Unavailable"}, std::pair{"/error", "no answer"}})
    EXPECT_EQ(base::text_at(line, field), value) << line;
  const std::string id = base::text_at(line, "/reconcileID");
  EXPECT_EQ(id.size(), 8U) << line;
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos) << line;
  EXPECT_FALSE(line.contains("key")) << "namespace and name say it";
}

TEST_F(Controllers, NameObjectAndReconcileInWhatIsLoggedByWhateverTheyCall) {
  const base::Log of_a_client = log();
  start([&](const ObjectKey&) -> base::Result<Outcome> {
    of_a_client.warn("throttled");
    called();
    return base::fail(base::unavailable("no answer"));
  });
  queue_.add(kJob);
  wait_for_calls(1);
  finish();
  const auto told = lines();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(base::text_at(told[0], "/message"), "throttled");
  for (const char* field : {"/controller", "/kind", "/namespace", "/name", "/reconcileID"}) {
    EXPECT_NE(base::text_at(told[0], field), "") << told[0];
    EXPECT_EQ(base::text_at(told[0], field), base::text_at(told[1], field)) << field;
  }
}

TEST_F(Controllers, GiveNoTwoReconcilesOneIdNotEvenThoseOfAnother) {
  std::set<std::string> ids;
  for (const int calls : {100, 200}) {
    start(
        [&](const ObjectKey&) -> base::Result<Outcome> {
          called();
          return base::fail(base::invalid("never"));
        },
        4);
    for (int i = 0; i < 100; ++i) queue_.add({"team", std::to_string(i)});
    wait_for_calls(calls);
    finish();
  }
  for (const auto& line : lines()) ids.insert(base::text_at(line, "/reconcileID"));
  EXPECT_EQ(ids.size(), 200U);
}

TEST_F(Controllers, AnExceptionCostsOneReconcileAndIsRetried) {
  start([&](const ObjectKey& key) -> base::Result<Outcome> {
    called();
    if (key == kJob && calls_ == 1) throw std::bad_alloc();
    return Outcome{};
  });
  queue_.add(kJob);
  wait_for_calls(1);
  queue_.add({"team", "other"});
  wait_for_calls(2);
  while (queue_.remembered() < 2) std::this_thread::yield();
  clock_.advance(5ms);
  wait_for_calls(3);
  finish();
  EXPECT_TRUE(metric("controller_runtime_reconcile_panics_total{controller=\"trainingjob\"} 1"));
}

TEST_F(Controllers, SeveralWorkersNeverReconcileOneKeyAtTheSameTime) {
  std::mutex mutex;
  std::set<ObjectKey> running;
  start(
      [&](const ObjectKey& key) -> base::Result<Outcome> {
        {
          std::lock_guard lock(mutex);
          EXPECT_TRUE(running.insert(key).second);
        }
        std::this_thread::yield();
        std::lock_guard lock(mutex);
        running.erase(key);
        called();
        return Outcome{};
      },
      4);
  for (int i = 0; i < 2000; ++i) queue_.add({"team", std::to_string(i % 3)});
  wait_for_calls(3);
  finish();
}

TEST_F(Controllers, AStopLetsTheReconcileThatIsGoingOnFinish) {
  std::atomic<bool> entered = false;
  std::atomic<bool> may_end = false;
  start([&](const ObjectKey&) -> base::Result<Outcome> {
    entered = true;
    entered.notify_all();
    may_end.wait(false);
    called();
    return Outcome{};
  });
  queue_.add(kJob);
  entered.wait(false);
  thread_.request_stop();
  may_end = true;
  may_end.notify_all();
  thread_.join();
  EXPECT_EQ(calls_, 1);
}

}  // namespace
}  // namespace cresset::runtime
