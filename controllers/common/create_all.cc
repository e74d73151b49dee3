#include "controllers/common/create_all.h"

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

// Pods come up under what else there is of their owner.
bool starts_pods(const Create& create) {
  return create.resource == kube::kPods || create.resource == kube::kDeployments;
}

// Shared with the helpers that it asked for: one that comes when all is done finds it closed, and
// touches nothing else.
class Creator : public std::enable_shared_from_this<Creator> {
 public:
  Creator(kube::Api& api, const std::vector<const Create*>& creates, const Owner& owner,
          base::WorkerPool& helpers)
      : api_(api), creates_(creates), owner_(owner), pool_(helpers), made_(creates.size()) {}

  Creation run() {
    std::unique_lock lock(mutex_);
    while (outcome_ && end_ < creates_.size()) stretch(lock);
    closed_ = true;
    return {std::move(outcome_), std::move(made_)};
  }

 private:
  // Those that start pods, or those that do not, [begun_, end_).
  void stretch(std::unique_lock<std::mutex>& lock) {
    starts_pods_ = starts_pods(*creates_[begun_]);
    while (end_ < creates_.size() && starts_pods(*creates_[end_]) == starts_pods_) ++end_;
    while (wants_help(begun_) && help()) {
    }
    lock.unlock();
    work();
    lock.lock();
    nobody_works_.wait(lock, [this] { return working_ == 0; });
  }

  // Whether there is more than the asking thread and those asked so far will take, from `next` on.
  bool wants_help(size_t next) const {
    return helpers_ + 1 < std::min(starts_pods_ ? window_ : kCreatesAtOnce, end_ - next);
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
      while (make_next() && !gave_way()) {
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
    while (make_next()) {
    }
  }

  bool make_next() {
    const auto place = next();
    if (place) settle(*place, tried(*creates_[*place]));
    return place.has_value();
  }

  std::optional<size_t> next() {
    std::lock_guard lock(mutex_);
    if (!outcome_ || begun_ >= end_) return std::nullopt;
    outcome_ = look_at_owner();
    if (!outcome_) return std::nullopt;
    return begun_++;
  }

  Result<void> look_at_owner() const {
    try {
      if (!owner_.is_as_seen || owner_.is_as_seen()) return {};
      return base::fail(base::conflict("the owner has changed while its children were made"));
    } catch (const std::exception& thrown) {
      return base::fail(base::internal(std::string("exception: ") + thrown.what()));
    }
  }

  Result<void> tried(const Create& create) {
    try {
      return create_one(api_, create, owner_);
    } catch (const std::exception& thrown) {
      return base::fail(base::internal(std::string("exception: ") + thrown.what()));
    }
  }

  void settle(size_t place, Result<void> made) {
    std::lock_guard lock(mutex_);
    made_[place] = made.has_value();
    if (!made && outcome_) outcome_ = std::move(made);
    if (!outcome_) return;
    window_ = std::min(window_ + 1, kCreatesAtOnce);
    // This thread takes the next one; a helper only for what is left beyond it.
    if (begun_ + 1 < end_ && helpers_ + 1 < window_) help();
  }

  kube::Api& api_;
  const std::vector<const Create*>& creates_;
  const Owner& owner_;
  base::WorkerPool& pool_;
  const base::LogFields log_fields_ = base::LogFields::of_this_thread();
  std::mutex mutex_;
  std::condition_variable nobody_works_;
  size_t begun_ = 0;
  size_t end_ = 0;            // of the stretch that is being made
  bool starts_pods_ = false;  // what is in it
  size_t window_ = 1;         // how many that start pods may be under way at once
  size_t helpers_ = 0;        // asked for; some may not have come yet
  size_t working_ = 0;        // those of them that have
  bool closed_ = false;
  Result<void> outcome_;
  std::vector<bool> made_;
};

}  // namespace

Creation create_all(kube::Api& api, const std::vector<const Create*>& creates, const Owner& owner,
                    base::WorkerPool& helpers) {
  return std::make_shared<Creator>(api, creates, owner, helpers)->run();
}

}  // namespace cresset::controllers
