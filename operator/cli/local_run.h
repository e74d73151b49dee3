#pragma once
// LocalRun: the rounds of one local job: starts the workers, shows their progress, begins a next
// round when one broke, and ends when the model is written, the input is wrong, the restarts are
// used up or a person stopped it. One thread; owned by run_command.

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "crds/training_job.h"
#include "crds/worker_contract/coordination.h"
#include "operator/cli/terminal.h"
#include "operator/cli/worker_process.h"

namespace cresset::cli {

struct LocalRunOptions {
  std::string worker_binary;
  std::string folder;                     // for logs and last words
  int signal_fd = -1;                     // signalfd of SIGINT, SIGTERM and SIGCHLD
  std::chrono::milliseconds pause{1000};  // before the second uncharged restart in a row
};

// What the environment of one worker holds.
std::map<std::string, std::string> worker_environment(const crds::TrainingJob& job, int index,
                                                      int round, int store_port);

class LocalRun {
 public:
  LocalRun(const crds::TrainingJob& job, LocalRunOptions options, Terminal& terminal);
  // The exit code of `cresset run`.
  int run();

 private:
  base::Result<void> begin_round();
  void wait_for_news();
  void on_signal();
  void read_progress();
  void show_progress();
  void collect_ends();
  void on_end(size_t worker, int code);
  void kill_all();
  // Counts a restart; whether it is allowed.
  bool pay_for_restart();
  // Before one that nobody pays for, so that it is no busy loop; whether nobody stopped the run.
  bool pause();
  std::string why(size_t worker, int code) const;
  std::string log_path(size_t worker) const;
  std::string words_path(size_t worker) const;
  int finish();

  const crds::TrainingJob& job_;
  const LocalRunOptions options_;
  Terminal& terminal_;
  std::vector<std::unique_ptr<WorkerProcess>> workers_;
  worker_contract::Progress progress_;  // the newest of rank 0
  int round_ = 0;
  crds::Verdict verdict_;  // on the end that broke the round
  crds::Budgets budgets_;
  int uncharged_ = 0;   // restarts one after the other that nobody paid for
  int done_ = 0;        // workers of this round that ended well
  std::string broken_;  // why the round is over
  std::string failed_;  // why the job is over
  bool stopping_ = false;
};

}  // namespace cresset::cli
