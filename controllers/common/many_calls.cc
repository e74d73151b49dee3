#include "controllers/common/many_calls.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>

#include "operator/base/log.h"

namespace cresset::controllers {

using base::Result;

namespace {

// Shared with the helpers that it asked for and with the calls that are under way: a helper that
// comes when all is done finds it closed, and touches nothing else; so does what is told late.
class Caller : public std::enable_shared_from_this<Caller> {
 public:
  Caller(const ManyCalls& calls, CallHelpers& helpers)
      : calls_(calls), helpers_(helpers), told_(calls.count), done_(calls.count) {}

  CallsDone run() {
    ++helpers_.callers;
    Lock lock(mutex_);
    begin(lock);
    while (!is_over()) {
      if (rests_.empty())
        changed_.wait(lock);
      else
        do_rest(lock);
    }
    closed_ = true;
    --helpers_.callers;
    return {std::move(outcome_), std::move(done_)};
  }

 private:
  using Lock = std::unique_lock<std::mutex>;
  using Rest = std::function<Result<void>()>;

  bool is_over() const {
    return !beginning_ && under_way_ == 0 && (!outcome_ || begun_ == calls_.count);
  }

  // As many as may be under way, one after another, by whoever finds first that more may.
  void begin(Lock& lock) {
    if (beginning_) return;
    beginning_ = true;
    while (may_begin(lock)) {
      const size_t place = begun_++;
      ++under_way_;
      lock.unlock();
      begin_one(place);
      lock.lock();
    }
    beginning_ = false;
    if (is_over()) changed_.notify_one();
  }

  bool may_begin(Lock& lock) {
    if (!outcome_ || begun_ == calls_.count) return false;
    if (begun_ == end_ && under_way_ > 0) return false;
    if (begun_ == end_) outcome_ = caught([this] { return stretch(); });
    return outcome_ && under_way_ < most() && may_go_on(lock);
  }

  // Asked without the lock, for which the thread of the answers may wait.
  bool may_go_on(Lock& lock) {
    if (!outcome_ || !calls_.may_go_on) return outcome_.has_value();
    auto they_may = unlocked(lock, calls_.may_go_on);
    if (!they_may && outcome_) outcome_ = std::move(they_may);
    return outcome_.has_value();
  }

  // Those with a slow start, or those without one, [begun_, end_).
  Result<void> stretch() {
    slowly_ = calls_.begins_slowly(begun_);
    while (end_ < calls_.count && calls_.begins_slowly(end_) == slowly_) ++end_;
    return {};
  }

  size_t most() const {
    const size_t share = std::max<size_t>(1, kCallsAtOnce / helpers_.callers);
    return slowly_ ? std::min(window_, share) : share;
  }

  void begin_one(size_t place) {
    const auto begun = caught([&]() -> Result<void> {
      const kube::Told told = [self = shared_from_this(), place](kube::Outcome outcome) {
        self->told(place, std::move(outcome));
      };
      if (calls_.begin)
        calls_.begin(place, told);
      else
        told({.rest = [this, place] { return calls_.call(place); }});
      return {};
    });
    if (!begun) told(place, {.result = begun});
  }

  // What comes first counts: who throws may have told, or tell yet.
  void told(size_t place, kube::Outcome outcome) {
    Lock lock(mutex_);
    if (told_[place]) return;
    told_[place] = true;
    if (!outcome.rest) return settle(lock, place, std::move(outcome.result));
    rests_.emplace_back(place, std::move(outcome.rest));
    changed_.notify_one();
    // The calling thread takes one of them.
    if (asked_ + 1 < rests_.size() + resting_ && helpers_.threads.post(helping())) ++asked_;
  }

  void settle(Lock& lock, size_t place, Result<void> done) {
    --under_way_;
    done_[place] = done.has_value();
    if (!done && outcome_) outcome_ = std::move(done);
    window_ = std::min(window_ + 1, kCallsAtOnce);
    begin(lock);
  }

  base::WorkerPool::Task helping() {
    return [self = shared_from_this()] { self->helped(); };
  }

  void helped() {
    Lock lock(mutex_);
    if (closed_) return;
    const base::LogScope scope(log_fields_);
    while (!rests_.empty()) {
      do_rest(lock);
      if (rests_.empty() || !helpers_.threads.is_short_of_threads()) continue;
      // To whoever waited longest; it comes back behind those that wait now.
      return helpers_.threads.post_again(helping());
    }
    --asked_;
  }

  // Not done at all after an error.
  void do_rest(Lock& lock) {
    auto [place, rest] = std::move(rests_.front());
    rests_.pop_front();
    ++resting_;
    auto done = may_go_on(lock) ? unlocked(lock, rest) : base::fail(base::cancelled("not begun"));
    --resting_;
    settle(lock, place, std::move(done));
  }

  static Result<void> unlocked(Lock& lock, const Rest& call) {
    lock.unlock();
    auto done = caught(call);
    lock.lock();
    return done;
  }

  static Result<void> caught(const Rest& call) {
    try {
      return call();
    } catch (const std::exception& thrown) {
      return base::fail(base::internal(std::string("exception: ") + thrown.what()));
    }
  }

  const ManyCalls& calls_;
  CallHelpers& helpers_;
  const base::LogFields log_fields_ = base::LogFields::of_this_thread();
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t begun_ = 0;
  size_t end_ = 0;  // of the stretch that is being done
  bool slowly_ = false;
  size_t window_ = 1;  // how many of a slow start may be under way at once
  size_t under_way_ = 0;
  bool beginning_ = false;
  std::deque<std::pair<size_t, Rest>> rests_;  // of calls that are under way, each to be done
  size_t resting_ = 0;                         // those that are being done
  size_t asked_ = 0;                           // helpers; some may not have come yet
  bool closed_ = false;
  Result<void> outcome_;
  std::vector<bool> told_;  // of those that have begun, which were
  std::vector<bool> done_;
};

}  // namespace

CallsDone make_calls(const ManyCalls& calls, CallHelpers& helpers) {
  return std::make_shared<Caller>(calls, helpers)->run();
}

}  // namespace cresset::controllers
