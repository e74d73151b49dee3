#include "worker/train/work_together.h"

#include <ATen/ATen.h>

#include <chrono>
#include <future>
#include <optional>

#include "operator/base/json.h"

namespace cresset::train {

using base::Json;
using base::Result;

namespace {

constexpr std::chrono::seconds kBetweenSigns{1};

// The error of the lowest rank that has one of its own, on every rank.
Result<void> share_error(dist::ProcessGroup& group, const Result<void>& own) {
  Json words = Json::array();
  if (!own && !base::is_cancelled(own.error()))
    words = {static_cast<int>(own.error().kind()), own.error().message()};
  std::optional<base::Error> first;
  CRESSET_CHECK(dist::exchange_bytes(
      group, base::dump(words), [&](const std::string& theirs) -> Result<void> {
        CRESSET_TRY(error, base::parse_json(theirs));
        if (!first && !error.empty())
          first.emplace(static_cast<base::ErrorKind>(error[0].get<int>()),
                        error[1].get<std::string>());
        return {};
      }));
  if (first) return base::fail(*first);
  return {};
}

class Work {
 public:
  Work(const std::atomic<bool>* asked,
       const std::function<Result<void>(const std::atomic<bool>& leave)>& work)
      : asked_(asked),
        running_(std::async(std::launch::async, [&, this] { return work(leave_); })) {}
  ~Work() { leave_.store(true); }  // and the future waits

  // Until all ranks are done with it: whether one of them was asked to stop.
  Result<bool> finish(dist::ProcessGroup& group) {
    for (bool stopped = false;;) {
      if (!own_ && running_.wait_for(kBetweenSigns) == std::future_status::ready)
        own_ = running_.get();
      auto all = at::zeros({3}, at::kDouble);  // ranks that work, that failed, that were asked
      all[0] = own_ ? 0 : 1;
      all[1] = own_ && !*own_ ? 1 : 0;
      all[2] = asked_ != nullptr && asked_->load() ? 1 : 0;
      CRESSET_CHECK(group.sum(all));
      stopped = stopped || all[2].item<double>() > 0;
      if (stopped || all[1].item<double>() > 0) leave_.store(true);
      if (all[0].item<double>() == 0) return stopped;
    }
  }
  const Result<void>& own() const { return *own_; }

 private:
  const std::atomic<bool>* asked_;
  std::atomic<bool> leave_{false};
  std::optional<Result<void>> own_;
  std::future<Result<void>> running_;  // last: it uses leave_, and its end waits for the work
};

}  // namespace

Result<void> work_together(
    dist::ProcessGroup& group, const std::atomic<bool>* asked,
    const std::function<Result<void>(const std::atomic<bool>& leave)>& work) {
  Work own(asked, work);
  CRESSET_TRY(stopped, own.finish(group));
  CRESSET_CHECK(share_error(group, own.own()));
  if (!stopped) return {};
  return base::fail(base::cancelled("asked to stop before training began"));
}

}  // namespace cresset::train
