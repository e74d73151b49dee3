#pragma once
// Supervisor: process 1 of a training pod. Waits for events (the operator's answers, ranks that
// end, their progress, signals, time), lets core/supervision.h decide, and does it. Reaps orphans,
// passes SIGTERM on as a wish to stop, writes the last words where the kubelet finds them. run()
// returns the exit code of the process. One for a process; run() blocks on the thread that made the
// zygote, which must be the main one.
//
//   CRESSET_TRY(zygote, Zygote::start(run_one_rank));      // before any thread
//   CoordinationClient operator_({…});
//   return Supervisor(options, *zygote, &operator_, log).run();

#include <chrono>
#include <memory>
#include <string>

#include "operator/base/log.h"
#include "worker/train/supervise/coordination_client.h"
#include "worker/train/supervise/liaison.h"
#include "worker/train/supervise/zygote.h"

namespace cresset::train {

struct SupervisorOptions {
  int processes = 1;
  std::string bind_host = "127.0.0.1";
  std::string last_words_directory = "/tmp";  // of ranks, one file each
  std::string termination_path;               // of the pod; "" = nowhere
  std::string memory_directory;
  std::chrono::milliseconds stop_limit{25000};  // below the pod's grace of 30 s
  std::chrono::milliseconds flush_limit{5000};  // for the last report
  LiaisonOptions liaison;
  // The group that never changes (kStaticMembershipEnv); progress then goes to standard output.
  std::optional<worker_contract::Membership> only_membership;
  int metrics_port = -1;  // /metrics and /healthz; 0 picks one, -1: none
};

class Supervisor {
 public:
  // `coordination` is null with only_membership.
  Supervisor(SupervisorOptions options, Zygote& zygote, Coordination* coordination, base::Log log);
  ~Supervisor();
  int run();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Blocks SIGTERM, SIGINT and SIGCHLD in this thread and all that it starts, for the supervisor to
// wait for. After the zygote is forked and before any thread.
void block_supervisor_signals();

}  // namespace cresset::train
