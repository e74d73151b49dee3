#pragma once
// FakeCoordination: the operator of a job with one worker, in memory: a long poll that waits for a
// round, prepared refusals, and every report kept. With `controller` it answers a broken round with
// the next one. Any thread; owned by the test.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "worker/train/supervise/coordination_client.h"

namespace cresset::train {

class FakeCoordination : public Coordination {
 public:
  using Controller = std::function<void(FakeCoordination&, const worker_contract::Progress&)>;
  explicit FakeCoordination(Controller controller = nullptr) : controller_(std::move(controller)) {}

  base::Result<std::optional<worker_contract::Membership>> membership(
      int after, std::stop_token stop) override {
    std::unique_lock lock(mutex_);
    ++asked_;
    changed_.notify_all();
    if (!refusals_.empty()) {
      const base::Error refusal = refusals_.front();
      refusals_.pop_front();
      return base::fail(refusal);
    }
    changed_.wait(lock, stop,
                  [&] { return gone_ || membership_.round > after || membership_.stop; });
    if (stop.stop_requested()) return base::fail(base::cancelled("told to stop"));
    if (gone_) return base::fail(base::gone("removed"));
    return membership_;
  }

  base::Result<void> report(const worker_contract::Progress& progress, std::stop_token) override {
    {
      std::lock_guard lock(mutex_);
      if (failures_ > 0) {
        --failures_;
        return base::fail(base::unavailable("away"));
      }
      reports_.push_back(progress);
      changed_.notify_all();
    }
    if (controller_) controller_(*this, progress);
    return {};
  }

  void begin_round(const worker_contract::Membership& membership) {
    std::lock_guard lock(mutex_);
    membership_ = membership;
    changed_.notify_all();
  }
  void remove() {
    std::lock_guard lock(mutex_);
    gone_ = true;
    changed_.notify_all();
  }
  void suspend() {
    std::lock_guard lock(mutex_);
    membership_.stop = true;
    changed_.notify_all();
  }
  void answer_first(std::deque<base::Error> refusals) { refusals_ = std::move(refusals); }
  void fail_reports(int count) { failures_ = count; }
  int round() const {
    std::lock_guard lock(mutex_);
    return membership_.round;
  }
  int asked() const {
    std::lock_guard lock(mutex_);
    return asked_;
  }
  bool wait_until_asked() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return asked_ > 0; });
  }
  bool wait_for_reports(size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10),
                             [&] { return reports_.size() >= count; });
  }
  std::vector<worker_contract::Progress> reports() const {
    std::lock_guard lock(mutex_);
    return reports_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  Controller controller_;
  worker_contract::Membership membership_;
  std::deque<base::Error> refusals_;
  std::vector<worker_contract::Progress> reports_;
  int failures_ = 0;
  int asked_ = 0;
  bool gone_ = false;
};

}  // namespace cresset::train
