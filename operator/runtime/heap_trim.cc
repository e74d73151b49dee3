#include "operator/runtime/heap_trim.h"

#include <malloc.h>

#include <condition_variable>
#include <ctime>
#include <mutex>
#include <utility>

namespace cresset::runtime {

HeapTrim::Process HeapTrim::Process::own() {
  const auto cpu_time = [] {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  };
  return {.cpu_time = cpu_time, .trim = [] { malloc_trim(0); }};
}

HeapTrim::HeapTrim(base::Clock& clock, Process process)
    : clock_(clock), process_(std::move(process)) {}

void HeapTrim::run(std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    clock_.wait_until(lock, never, stop, clock_.mono() + kPeriod, [] { return false; });
    if (!stop.stop_requested()) look();
  }
}

void HeapTrim::look() {
  const auto now = process_.cpu_time();
  const auto used = now - std::exchange(looked_, now);
  if (used >= kIdle) {
    burst_ += used;
  } else if (burst_ >= kBurst) {
    burst_ = {};
    process_.trim();
    looked_ = process_.cpu_time();
  }
}

}  // namespace cresset::runtime
