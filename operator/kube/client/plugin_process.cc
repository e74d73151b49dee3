#include "operator/kube/client/plugin_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace cresset::kube {

namespace {

base::Error system_error(const std::string& doing, int number) {
  const std::string message = doing + ": " + std::strerror(number);
  return number == ENOENT ? base::not_found(message) : base::unavailable(message);
}

struct Pipe {
  Handle read;
  Handle write;
};

base::Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return base::fail(system_error("making a pipe", errno));
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return Pipe{Handle(ends[0]), Handle(ends[1])};
}

// How the program is started: which files it gets, its own session, signals as they are by default.
class Preparation {
 public:
  Preparation(int output, int errors) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files_, errors, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Preparation() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;

  int spawn(pid_t& pid, std::vector<char*>& arguments, std::vector<char*>& environment) const {
    return posix_spawnp(&pid, arguments[0], &files_, &attributes_, arguments.data(),
                        environment.data());
  }

 private:
  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Handle& Handle::operator=(Handle&& other) noexcept {
  close();
  value_ = std::exchange(other.value_, -1);
  return *this;
}

void Handle::close() {
  if (value_ >= 0) ::close(value_);
  value_ = -1;
}

base::Result<PluginProcess> PluginProcess::start(std::vector<std::string> arguments,
                                                 std::vector<std::string> environment) {
  CRESSET_TRY(output, make_pipe());
  CRESSET_TRY(errors, make_pipe());
  auto argument_pointers = pointers_to(arguments);
  auto environment_pointers = pointers_to(environment);
  pid_t pid = 0;
  const int failed = Preparation(output.write.get(), errors.write.get())
                         .spawn(pid, argument_pointers, environment_pointers);
  if (failed != 0) return base::fail(system_error("it cannot be started", failed));
  const int exited = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  const int number = errno;
  PluginProcess process(pid, std::move(output.read), std::move(errors.read), Handle(exited));
  if (exited < 0) return base::fail(system_error("it cannot be waited for", number));
  return process;
}

PluginProcess::PluginProcess(pid_t pid, Handle output, Handle errors, Handle exited)
    : pid_(pid),
      output_(std::move(output)),
      errors_(std::move(errors)),
      exited_(std::move(exited)) {}

PluginProcess::PluginProcess(PluginProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)),
      exited_(std::move(other.exited_)),
      status_(other.status_) {}

int PluginProcess::end() {
  if (pid_ < 0) return status_;
  // Before the leader is reaped, since its number names the group.
  kill(-pid_, SIGKILL);
  while (waitpid(pid_, &status_, 0) < 0 && errno == EINTR) continue;
  pid_ = -1;
  return status_;
}

}  // namespace cresset::kube
