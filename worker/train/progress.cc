#include "worker/train/progress.h"

#include <unistd.h>

#include <cerrno>

namespace cresset::train {

namespace {
constexpr std::chrono::seconds kBetweenLines{1};
}

ProgressReporter::ProgressReporter(int fd, worker_contract::Progress first,
                                   const base::Clock& clock)
    : fd_(fd), clock_(clock), progress_(std::move(first)) {}

void ProgressReporter::report(bool now,
                              const std::function<void(worker_contract::Progress&)>& change) {
  std::lock_guard lock(mutex_);
  change(progress_);
  if (fd_ < 0) return;
  if (!now && last_ && clock_.mono() - *last_ < kBetweenLines) return;
  last_ = clock_.mono();
  write_line();
}

worker_contract::Progress ProgressReporter::current() const {
  std::lock_guard lock(mutex_);
  return progress_;
}

void ProgressReporter::write_line() {
  const std::string line = base::dump(worker_contract::encode(progress_)) + "\n";
  for (size_t done = 0; done < line.size();) {
    const ssize_t size = ::write(fd_, line.data() + done, line.size() - done);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return;
    done += static_cast<size_t>(size);
  }
}

}  // namespace cresset::train
