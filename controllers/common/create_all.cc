#include "controllers/common/create_all.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "operator/base/log.h"

namespace cresset::controllers {

using base::Result;

namespace {

class Creator {
 public:
  Creator(kube::Api& api, const std::vector<const Create*>& creates, const Owner& owner)
      : api_(api), creates_(creates), owner_(owner), made_(creates.size()) {}

  Creation run() {
    while (outcome_ && end_ < creates_.size()) {
      while (end_ < creates_.size() && creates_[end_]->resource == creates_[begun_]->resource)
        ++end_;
      stretch();
    }
    return {std::move(outcome_), std::move(made_)};
  }

 private:
  // Those of one kind, [begun_, end_).
  void stretch() {
    {
      std::lock_guard lock(mutex_);
      while (helpers_.size() + 1 < std::min(window_, end_ - begun_)) help();
    }
    work();
    // Nothing is left to begin, so nobody adds helpers any more.
    for (auto& helper : helpers_) helper.join();
    helpers_.clear();
  }

  void help() {
    try {
      helpers_.emplace_back([this] {
        const base::LogScope scope(log_fields_);
        work();
      });
    } catch (const std::system_error&) {
      // No thread is to be had: those that there are go on.
    }
  }

  void work() {
    while (const auto place = next()) settle(*place, tried(*creates_[*place]));
  }

  std::optional<size_t> next() {
    std::lock_guard lock(mutex_);
    if (!outcome_ || begun_ >= end_) return std::nullopt;
    return begun_++;
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
    if (begun_ + 1 < end_ && helpers_.size() + 1 < window_) help();
  }

  kube::Api& api_;
  const std::vector<const Create*>& creates_;
  const Owner& owner_;
  const base::LogFields log_fields_ = base::LogFields::of_this_thread();
  std::mutex mutex_;
  size_t begun_ = 0;
  size_t end_ = 0;     // of the stretch that is being made
  size_t window_ = 1;  // how many may be under way at once
  Result<void> outcome_;
  std::vector<bool> made_;
  std::vector<std::thread> helpers_;
};

}  // namespace

Creation create_all(kube::Api& api, const std::vector<const Create*>& creates, const Owner& owner) {
  return Creator(api, creates, owner).run();
}

}  // namespace cresset::controllers
