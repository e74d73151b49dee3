#pragma once
// HeapTrim: gives memory back to the system that a burst needed (the first lists, a thousand jobs)
// once the process is idle again; malloc keeps most of it by itself, in as many places as there
// were threads. Looks once a second at the process's CPU time: when kBurst of it went by in seconds
// that were not idle, and then there is one with less than kIdle of it, it trims. Started by a
// Manager.
//
//   HeapTrim heap(clock);  manager.add(heap);

#include <chrono>
#include <functional>

#include "operator/base/clock.h"
#include "operator/runtime/informer.h"

namespace cresset::runtime {

class HeapTrim : public Runnable {
 public:
  static constexpr std::chrono::seconds kPeriod{1};
  static constexpr std::chrono::milliseconds kBurst{200};
  static constexpr std::chrono::milliseconds kIdle{20};

  // This process's, which tests are not.
  struct Process {
    std::function<std::chrono::nanoseconds()> cpu_time;
    std::function<void()> trim;
    static Process own();
  };

  explicit HeapTrim(base::Clock& clock, Process process = Process::own());
  std::string name() const override { return "heap"; }
  void run(std::stop_token stop) override;

 private:
  void look();

  base::Clock& clock_;
  const Process process_;
  std::chrono::nanoseconds looked_{0};  // CPU time then
  std::chrono::nanoseconds burst_{0};   // of the seconds since the last trim that were not idle
};

}  // namespace cresset::runtime
