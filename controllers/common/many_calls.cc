#include "controllers/common/many_calls.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>

#include "operator/base/log.h"

namespace cresset::controllers {

using base::Result;

namespace {

// Shared with the helpers that it asked for: one that comes when all is done finds it closed, and
// touches nothing else.
class Caller : public std::enable_shared_from_this<Caller> {
 public:
  Caller(const ManyCalls& calls, base::WorkerPool& helpers)
      : calls_(calls), pool_(helpers), done_(calls.count) {}

  CallsDone run() {
    std::unique_lock lock(mutex_);
    while (outcome_ && end_ < calls_.count) stretch(lock);
    closed_ = true;
    return {std::move(outcome_), std::move(done_)};
  }

 private:
  // Those with a slow start, or those without one, [begun_, end_).
  void stretch(std::unique_lock<std::mutex>& lock) {
    slowly_ = calls_.begins_slowly(begun_);
    while (end_ < calls_.count && calls_.begins_slowly(end_) == slowly_) ++end_;
    while (wants_help(begun_) && help()) {
    }
    lock.unlock();
    work();
    lock.lock();
    nobody_works_.wait(lock, [this] { return working_ == 0; });
  }

  // Whether there is more than the asking thread and those asked so far will take, from `next` on.
  bool wants_help(size_t next) const {
    return helpers_ + 1 < std::min(slowly_ ? window_ : kCallsAtOnce, end_ - next);
  }

  bool help() {
    if (!pool_.post(helping())) return false;
    ++helpers_;
    return true;
  }

  base::WorkerPool::Task helping() {
    return [self = shared_from_this()] { self->helped(); };
  }

  void helped() {
    {
      std::lock_guard lock(mutex_);
      if (closed_) return;
      ++working_;
    }
    {
      const base::LogScope scope(log_fields_);
      while (do_next() && !gave_way()) {
      }
    }
    std::lock_guard lock(mutex_);
    --helpers_;
    if (--working_ == 0) nobody_works_.notify_all();
  }

  // Its thread goes to whoever waited longest, and it comes back behind those that wait now.
  bool gave_way() {
    if (!pool_.is_short_of_threads()) return false;
    std::lock_guard lock(mutex_);
    if (!outcome_ || begun_ >= end_) return false;
    pool_.post_again(helping());
    ++helpers_;
    return true;
  }

  void work() {
    while (do_next()) {
    }
  }

  bool do_next() {
    const auto place = next();
    if (place) settle(*place, caught([&] { return calls_.call(*place); }));
    return place.has_value();
  }

  std::optional<size_t> next() {
    std::lock_guard lock(mutex_);
    if (!outcome_ || begun_ >= end_) return std::nullopt;
    if (calls_.may_go_on) outcome_ = caught(calls_.may_go_on);
    if (!outcome_) return std::nullopt;
    return begun_++;
  }

  static Result<void> caught(const std::function<Result<void>()>& call) {
    try {
      return call();
    } catch (const std::exception& thrown) {
      return base::fail(base::internal(std::string("exception: ") + thrown.what()));
    }
  }

  void settle(size_t place, Result<void> done) {
    std::lock_guard lock(mutex_);
    done_[place] = done.has_value();
    if (!done && outcome_) outcome_ = std::move(done);
    if (!outcome_) return;
    window_ = std::min(window_ + 1, kCallsAtOnce);
    // This thread takes the next one; a helper only for what is left beyond it.
    if (begun_ + 1 < end_ && helpers_ + 1 < (slowly_ ? window_ : kCallsAtOnce)) help();
  }

  const ManyCalls& calls_;
  base::WorkerPool& pool_;
  const base::LogFields log_fields_ = base::LogFields::of_this_thread();
  std::mutex mutex_;
  std::condition_variable nobody_works_;
  size_t begun_ = 0;
  size_t end_ = 0;  // of the stretch that is being done
  bool slowly_ = false;
  size_t window_ = 1;   // how many of a slow start may be under way at once
  size_t helpers_ = 0;  // asked for; some may not have come yet
  size_t working_ = 0;  // those of them that have
  bool closed_ = false;
  Result<void> outcome_;
  std::vector<bool> done_;
};

}  // namespace

CallsDone make_calls(const ManyCalls& calls, base::WorkerPool& helpers) {
  return std::make_shared<Caller>(calls, helpers)->run();
}

}  // namespace cresset::controllers
