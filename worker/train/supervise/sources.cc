#include "worker/train/supervise/sources.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "operator/base/file.h"
#include "worker/train/supervise/supervisor.h"

namespace cresset::train {

namespace {

constexpr size_t kMaxLineBytes = 64 << 10;

sigset_t supervisor_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGCHLD}) sigaddset(&set, signal);
  return set;
}

class LineReader {
 public:
  LineReader(int fd, Inbox& inbox, base::Log log) : fd_(fd), inbox_(inbox), log_(std::move(log)) {
    fcntl(fd, F_SETFL, O_NONBLOCK);
  }

  void read_what_is_there() {
    std::array<char, 4096> piece{};
    for (;;) {
      const ssize_t size = read(fd_, piece.data(), piece.size());
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) break;
      pending_.append(piece.data(), static_cast<size_t>(size));
    }
    for (size_t end = 0; (end = pending_.find('\n')) != std::string::npos;) {
      put(pending_.substr(0, end));
      pending_.erase(0, end + 1);
    }
    if (pending_.size() > kMaxLineBytes) pending_.clear();
  }

 private:
  void put(const std::string& line) {
    if (line.empty()) return;
    const auto json = base::parse_json(line, {.max_bytes = kMaxLineBytes, .max_depth = 8});
    if (!json) return log_.warn("no progress", {{"error", json.error().message()}});
    auto progress = worker_contract::decode_progress(*json);
    if (!progress) return log_.warn("no progress", {{"error", progress.error().message()}});
    inbox_.put(ProgressCame{std::move(*progress)});
  }

  const int fd_;
  Inbox& inbox_;
  base::Log log_;
  std::string pending_;
};

RankEnded ended(const RankExit& exit, const std::string& words_path) {
  RankEnded event{exit.round, exit.local_rank, exit.code, exit.signal, {}};
  if (const auto words = base::read_file(words_path, 64 << 10))
    event.words = worker_contract::decode_last_words(*words);
  unlink(words_path.c_str());
  return event;
}

// Waits for a signal, 200 ms at most, so that a stop request is seen.
int next_signal(const sigset_t& set) {
  const timespec time{.tv_sec = 0, .tv_nsec = 200000000};
  return sigtimedwait(&set, nullptr, &time);
}

// Orphans whose parent died come to process 1. The zygote is left to who made it.
void reap_all_but(pid_t zygote) {
  for (;;) {
    siginfo_t info{};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    if (info.si_pid == zygote) return;
    waitpid(info.si_pid, nullptr, WNOHANG);
  }
}

}  // namespace

std::string last_words_path(const std::string& directory, int local_rank) {
  return directory + "/cresset-last-words-" + std::to_string(getpid()) + "-" +
         std::to_string(local_rank);
}

void block_supervisor_signals() {
  const sigset_t set = supervisor_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

std::jthread listen_to_ranks(Zygote& zygote, std::string last_words_directory, Inbox& inbox,
                             base::Log log) {
  return std::jthread([&zygote, &inbox, log, directory = std::move(last_words_directory)] {
    LineReader lines(zygote.progress_fd(), inbox, log);
    for (;;) {
      std::array<pollfd, 2> waiting{pollfd{zygote.exits_fd(), POLLIN, 0},
                                    pollfd{zygote.progress_fd(), POLLIN, 0}};
      if (poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) break;
      if (waiting[0].revents == 0) {
        lines.read_what_is_there();
        continue;
      }
      const auto exit = zygote.next_exit();
      lines.read_what_is_there();
      if (!exit) break;
      inbox.put(ended(*exit, last_words_path(directory, exit->local_rank)));
    }
    inbox.put(ZygoteEnded{});
  });
}

std::jthread listen_to_signals(pid_t zygote, Inbox& inbox) {
  return std::jthread([zygote, &inbox](std::stop_token stop) {
    const sigset_t set = supervisor_signals();
    while (!stop.stop_requested()) {
      const int signal = next_signal(set);
      if (signal == SIGTERM || signal == SIGINT) inbox.put(StopAsked{});
      reap_all_but(zygote);
    }
  });
}

}  // namespace cresset::train
