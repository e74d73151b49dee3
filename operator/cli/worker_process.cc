#include "operator/cli/worker_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace cresset::cli {

using base::Result;

namespace {

base::Failure failed(const std::string& doing) {
  return base::fail(base::unavailable(doing + ": " + std::strerror(errno)));
}

std::vector<std::string> environment_of(const std::map<std::string, std::string>& changes) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!changes.contains(text.substr(0, text.find('=')))) all.push_back(text);
  }
  for (const auto& [name, value] : changes) all.push_back(name + "=" + value);
  return all;
}

[[noreturn]] void become(const std::string& binary, std::vector<char*>& environment, int output,
                         int log, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(output, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  std::string name = binary;
  std::string verb = "train";
  std::array<char*, 3> arguments{name.data(), verb.data(), nullptr};
  execve(binary.c_str(), arguments.data(), environment.data());
  dprintf(STDERR_FILENO, "%s cannot be started: %s\n", binary.c_str(), std::strerror(errno));
  _exit(127);
}

}  // namespace

Result<std::unique_ptr<WorkerProcess>> WorkerProcess::start(const WorkerStart& start) {
  std::array<int, 2> output{};
  if (pipe2(output.data(), O_CLOEXEC) != 0) return failed("making a pipe");
  const int log = open(start.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) return failed("opening " + start.log_path);
  auto environment = environment_of(start.environment);
  std::vector<char*> pointers;
  for (auto& entry : environment) pointers.push_back(entry.data());
  pointers.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) become(start.binary, pointers, output[1], log, parent);
  close(output[1]);
  close(log);
  if (pid < 0) return failed("forking a worker");
  fcntl(output[0], F_SETFL, O_NONBLOCK);
  return std::unique_ptr<WorkerProcess>(new WorkerProcess(pid, output[0]));
}

WorkerProcess::~WorkerProcess() {
  close(output_);
  if (!alive_) return;
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
}

void WorkerProcess::signal(int signal) const {
  if (alive_) kill(pid_, signal);
}

bool WorkerProcess::ended(int& code) {
  int status = 0;
  if (!alive_ || waitpid(pid_, &status, WNOHANG) != pid_) return false;
  alive_ = false;
  code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

std::vector<std::string> WorkerProcess::read_lines() {
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t size = read(output_, piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    pending_.append(piece.data(), static_cast<size_t>(size));
  }
  std::vector<std::string> lines;
  for (size_t end = 0; (end = pending_.find('\n')) != std::string::npos;) {
    if (end > 0) lines.push_back(pending_.substr(0, end));
    pending_.erase(0, end + 1);
  }
  return lines;
}

}  // namespace cresset::cli
