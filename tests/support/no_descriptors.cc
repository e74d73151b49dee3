#include "tests/support/no_descriptors.h"

#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

namespace cresset::testing {

namespace {

constexpr rlim_t kFew = 256;

double cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}

}  // namespace

NoDescriptors::NoDescriptors() {
  ::getrlimit(RLIMIT_NOFILE, &before_);
  rlimit few = before_;
  few.rlim_cur = std::min(kFew, before_.rlim_cur);
  ::setrlimit(RLIMIT_NOFILE, &few);
  for (int fd = 0; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) taken_.push_back(fd);
}

NoDescriptors::~NoDescriptors() { give_back_all(); }

void NoDescriptors::give_back_one() {
  if (taken_.empty()) return;
  ::close(taken_.back());
  taken_.pop_back();
}

void NoDescriptors::give_back_all() {
  while (!taken_.empty()) give_back_one();
  ::setrlimit(RLIMIT_NOFILE, &before_);
}

double NoDescriptors::cpu_seconds_of(std::chrono::milliseconds span) const {
  const double before = cpu_seconds();
  ::poll(nullptr, 0, static_cast<int>(span.count()));
  return cpu_seconds() - before;
}

}  // namespace cresset::testing
