#include "operator/net/client/body_stream.h"

namespace cresset::net {

void BodyStream::header(const Response& response) {
  {
    std::lock_guard lock(mutex_);
    header_ = response;
    opened_ = true;
  }
  changed_.notify_one();  // who wakes finds the mutex free
}

bool BodyStream::push(std::string_view piece) {
  bool full = false;
  {
    std::lock_guard lock(mutex_);
    pending_.append(piece);
    full = full_ = pending_.size() > kHighWater;
  }
  changed_.notify_one();
  return !full;
}

void BodyStream::finish(Result result) {
  {
    std::lock_guard lock(mutex_);
    result_ = std::move(result);
  }
  changed_.notify_one();
}

BodyStream::Taken BodyStream::take(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [this] { return opened_ || !pending_.empty() || result_.has_value(); });
  Taken taken;
  if (stop.stop_requested()) return taken;
  taken.opened = std::exchange(opened_, false);
  taken.piece.swap(pending_);
  taken.ask_for_more = std::exchange(full_, false);
  if (taken.piece.empty()) taken.result = std::exchange(result_, std::nullopt);
  return taken;
}

Response BodyStream::seen_header() {
  std::lock_guard lock(mutex_);
  return header_;
}

}  // namespace cresset::net
