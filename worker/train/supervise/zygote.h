#pragma once
// Zygote: a process forked while the supervisor still has one thread, with every library loaded, no
// thread and no CUDA context, which forks one process a rank on a word over a socket: 5 to 15 ms
// instead of a new start. It alone reaps its ranks, so a signal never reaches a foreign process.
// The zygote dies with the supervisor and the ranks die with the zygote. Made first thing in main;
// one thread may call next_exit(), any one other the rest.
//
//   CRESSET_TRY(zygote, Zygote::start(run_one_rank));
//   CRESSET_CHECK(zygote->start_rank(context));
//   while (auto exit = zygote->next_exit()) …

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>

#include "operator/base/result.h"
#include "worker/train/rank.h"

namespace cresset::train {

struct RankExit {
  int round = 0;
  int local_rank = 0;
  int code = 0;
  int signal = 0;
  bool operator==(const RankExit&) const = default;
};

// A rank begins with SIGTERM and SIGINT blocked, so that none is lost or kills it before it has a
// handler. It calls this when it has one.
void accept_stop_signals();

class Zygote {
 public:
  // Runs in the rank's own process; what it returns is the exit code.
  using Run = std::function<int(const RankContext& context)>;

  // Refuses when the process has more than one thread.
  static base::Result<std::unique_ptr<Zygote>> start(Run run);
  // Whoever speaks zygote_wire.h at the other end of `socket` and writes to the other end of
  // `progress`, in place of a process: for tests that may not fork. Takes both descriptors over.
  static std::unique_ptr<Zygote> spoken_by(int socket, int progress);
  ~Zygote();
  Zygote(const Zygote&) = delete;
  Zygote& operator=(const Zygote&) = delete;

  // context.progress_fd is replaced by the pipe that progress_fd() reads; context.stop is not
  // passed.
  base::Result<void> start_rank(const RankContext& context);
  // To every rank that lives.
  base::Result<void> signal_ranks(int signal);
  // Blocks; nothing: the zygote ended.
  std::optional<RankExit> next_exit();
  // Readable when next_exit() does not block.
  int exits_fd() const { return socket_; }
  // What all ranks write, a line each.
  int progress_fd() const { return progress_read_; }
  pid_t pid() const { return pid_; }  // 0: no process of its own
  // Ends zygote and ranks; next_exit() and reads of progress_fd() come to their end.
  void end();

 private:
  Zygote(pid_t pid, int socket, int progress_read, int progress_write)
      : pid_(pid),
        socket_(socket),
        progress_read_(progress_read),
        progress_write_(progress_write) {}

  pid_t pid_;
  int socket_;
  int progress_read_;
  int progress_write_;  // the number of the descriptor in the ranks; closed here
};

}  // namespace cresset::train
