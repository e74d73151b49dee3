#include "worker/train/supervise/zygote_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>

#include "crds/worker_contract/names.h"
#include "worker/train/supervise/zygote_wire.h"

namespace cresset::train {

namespace {

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

// The parent's death ends the child; it may have died before that was asked for.
void die_with(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(worker_contract::kExitRetryable);
}

class ZygoteProcess {
 public:
  ZygoteProcess(int socket, const Zygote::Run& run) : socket_(socket), run_(run) {
    children_ = set_of({SIGCHLD});
    sigprocmask(SIG_BLOCK, &children_, nullptr);
    signals_ = signalfd(-1, &children_, SFD_CLOEXEC | SFD_NONBLOCK);
  }

  // Until the supervisor closed its end.
  void serve() {
    for (;;) {
      std::array<pollfd, 2> waiting{pollfd{socket_, POLLIN, 0}, pollfd{signals_, POLLIN, 0}};
      if (poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return;
      if (waiting[1].revents != 0) reap();
      if (waiting[0].revents != 0 && !obey()) return;
    }
  }

  void kill_all(int signal) const {
    for (const auto& [pid, exit] : ranks_) kill(pid, signal);
  }

 private:
  void reap() {
    signalfd_siginfo info;
    while (read(signals_, &info, sizeof info) == sizeof info) continue;
    int status = 0;
    for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
      const auto rank = ranks_.find(pid);
      if (rank == ranks_.end()) continue;
      RankExit exit = rank->second;
      exit.code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
      exit.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
      ranks_.erase(rank);
      tell(exit);
    }
  }

  void tell(const RankExit& exit) const {
    const std::string text = encode(exit);
    [[maybe_unused]] const auto sent = send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
  }

  bool obey() {
    std::string text(kMaxWordBytes, '\0');
    const ssize_t size = recv(socket_, text.data(), text.size(), 0);
    if (size < 0 && errno == EINTR) return true;
    if (size <= 0) return false;
    text.resize(static_cast<size_t>(size));
    const auto word = decode_word(text);
    if (!word) return true;
    if (const auto* start = std::get_if<StartWord>(&*word))
      fork_rank(start->context);
    else
      kill_all(std::get<SignalWord>(*word).signal);
    return true;
  }

  void fork_rank(const RankContext& context) {
    const pid_t zygote = getpid();
    const pid_t pid = fork();
    const RankExit exit{context.round, context.local_rank, worker_contract::kExitRetryable, 0};
    if (pid < 0) return tell(exit);
    if (pid > 0) {
      ranks_[pid] = exit;
      return;
    }
    die_with(zygote);
    close(socket_);
    close(signals_);
    sigprocmask(SIG_UNBLOCK, &children_, nullptr);
    _exit(run_(context));
  }

  const int socket_;
  const Zygote::Run& run_;
  int signals_ = -1;
  sigset_t children_;
  std::map<pid_t, RankExit> ranks_;
};

}  // namespace

void accept_stop_signals() {
  const sigset_t stops = set_of({SIGTERM, SIGINT});
  sigprocmask(SIG_UNBLOCK, &stops, nullptr);
}

void run_zygote(int socket, pid_t supervisor, const Zygote::Run& run) {
  die_with(supervisor);
  // The supervisor tells when to stop. A rank inherits the mask, so that a SIGTERM that comes
  // before it listens waits for it.
  const sigset_t stops = set_of({SIGTERM, SIGINT});
  sigprocmask(SIG_BLOCK, &stops, nullptr);
  ZygoteProcess process(socket, run);
  process.serve();
  process.kill_all(SIGKILL);
  _exit(0);
}

}  // namespace cresset::train
