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

// Not condition_variable_any, which takes a mutex of its own beside ours for each piece.
BodyStream::Taken BodyStream::take(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] {
    std::lock_guard lock(mutex_);  // so that it comes before the look or after the wait began
    changed_.notify_one();
  });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    return stop.stop_requested() || opened_ || !pending_.empty() || result_.has_value();
  });
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
