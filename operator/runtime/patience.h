#pragma once
// Patience: calls `over` on a thread of its own once `span` has passed without a renew(), at most
// once. Ends with its destructor, which waits for `over` if it is being called. Any thread.
//
//   Patience patience(clock, 10s, [&] { source.request_stop(); });  …  patience.renew();

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "operator/base/clock.h"

namespace cresset::runtime {

class Patience {
 public:
  Patience(base::Clock& clock, std::chrono::milliseconds span, std::function<void()> over);
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;
  void renew();
  bool is_over() const;

 private:
  void wait(std::stop_token stop);

  base::Clock& clock_;
  const std::chrono::milliseconds span_;
  const std::function<void()> over_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  base::MonoTime deadline_;
  bool is_over_ = false;
  std::jthread thread_;
};

}  // namespace cresset::runtime
