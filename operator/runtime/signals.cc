#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <thread>

#include "operator/runtime/manager.h"

namespace cresset::runtime {

namespace {

// Written by the handler, read by one thread. A handler and not a blocked mask, because a mask is
// inherited by the processes that `cresset run` starts.
std::array<int, 2> pipe_ends = {-1, -1};

void on_signal(int) {
  const int saved = errno;
  const char byte = 1;
  [[maybe_unused]] const auto written = write(pipe_ends[1], &byte, 1);
  errno = saved;
}

void wait_for_byte() {
  char byte = 0;
  while (read(pipe_ends[0], &byte, 1) < 0 && errno == EINTR) continue;
}

}  // namespace

std::stop_source stop_on_signals() {
  std::stop_source source;
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) std::abort();
  std::thread([source]() mutable {
    wait_for_byte();
    source.request_stop();
    wait_for_byte();
    _exit(130);
  }).detach();
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  return source;
}

}  // namespace cresset::runtime
