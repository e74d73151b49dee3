#pragma once
// Rank 0's progress on its way to the supervisor: the newest numbers, written as one JSON line when
// something happened or a second has passed. Any thread of the rank may report (the checkpoint
// writer does). Writing never blocks training for long: a line fits a pipe, and a supervisor that
// went away is no reason to stop.

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>

#include "crds/worker_contract/coordination.h"
#include "operator/base/clock.h"

namespace cresset::train {

class ProgressReporter {
 public:
  ProgressReporter(int fd, worker_contract::Progress first, const base::Clock& clock);

  // Changes the numbers. `now`: something happened, the line goes out at once; else at most one a
  // second.
  void report(bool now, const std::function<void(worker_contract::Progress&)>& change);
  worker_contract::Progress current() const;

 private:
  void write_line();

  const int fd_;
  const base::Clock& clock_;
  mutable std::mutex mutex_;
  worker_contract::Progress progress_;
  std::optional<base::MonoTime> last_;
};

}  // namespace cresset::train
