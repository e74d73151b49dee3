#include "worker/train/supervise/zygote.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "operator/base/file.h"
#include "worker/train/supervise/zygote_process.h"
#include "worker/train/supervise/zygote_wire.h"

namespace cresset::train {

using base::Result;

namespace {

base::Failure failed(const std::string& doing) {
  return base::fail(base::unavailable(doing + ": " + std::strerror(errno)));
}

// Arrow's allocator starts this thread before main. It gets through a fork: jemalloc holds its
// locks over it (pthread_atfork) and leaves the thread out of the child.
constexpr char kAllocatorThread[] = "jemalloc_bg_thd\n";

int count_threads() {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    const auto name = base::read_file(entry.path() / "comm");
    if (!name || *name != kAllocatorThread) ++count;
  }
  return count;
}

// A thread names itself a moment after it was started.
int count_threads_in_peace() {
  int count = count_threads();
  for (int i = 0; i < 100 && count > 1; ++i) {
    poll(nullptr, 0, 1);
    count = count_threads();
  }
  return count;
}

Result<void> send_word(int socket, const ZygoteWord& word) {
  const std::string text = encode(word);
  if (text.size() > kMaxWordBytes) return base::fail(base::too_large("a word to the zygote"));
  if (send(socket, text.data(), text.size(), MSG_NOSIGNAL) < 0) return failed("asking the zygote");
  return {};
}

}  // namespace

Result<std::unique_ptr<Zygote>> Zygote::start(Run run) {
  if (const int threads = count_threads_in_peace(); threads != 1)
    return base::fail(
        base::internal("the zygote must be forked before any thread is started, but "
                       "there are " +
                       std::to_string(threads)));
  std::array<int, 2> sockets{};   // ours, the zygote's
  std::array<int, 2> progress{};  // ours to read, the ranks' to write
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets.data()) != 0)
    return failed("making the zygote's socket");
  if (pipe2(progress.data(), O_CLOEXEC) != 0) return failed("making the pipe for progress");
  const pid_t supervisor = getpid();
  const pid_t pid = fork();
  if (pid < 0) return failed("forking the zygote");
  if (pid == 0) {
    close(sockets[0]);
    close(progress[0]);
    run_zygote(sockets[1], supervisor, run);
  }
  close(sockets[1]);
  close(progress[1]);
  return std::unique_ptr<Zygote>(new Zygote(pid, sockets[0], progress[0], progress[1]));
}

std::unique_ptr<Zygote> Zygote::spoken_by(int socket, int progress) {
  return std::unique_ptr<Zygote>(new Zygote(0, socket, progress, -1));
}

Zygote::~Zygote() {
  end();
  close(socket_);
  close(progress_read_);
  if (pid_ == 0) return;
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
}

void Zygote::end() { shutdown(socket_, SHUT_RDWR); }

Result<void> Zygote::start_rank(const RankContext& context) {
  RankContext passed = context;
  passed.progress_fd = progress_write_;
  passed.stop = nullptr;
  return send_word(socket_, StartWord{passed});
}

Result<void> Zygote::signal_ranks(int signal) { return send_word(socket_, SignalWord{signal}); }

std::optional<RankExit> Zygote::next_exit() {
  for (;;) {
    std::string text(kMaxWordBytes, '\0');
    const ssize_t size = recv(socket_, text.data(), text.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return std::nullopt;
    text.resize(static_cast<size_t>(size));
    if (const auto exit = decode_exit(text)) return *exit;
  }
}

}  // namespace cresset::train
