#pragma once
// `cresset run job.yaml`: a TrainingJob on this machine without a cluster: the worker's own binary,
// one process a worker, told its group by the environment. A rank that dies breaks the round; then
// all are started anew from the newest checkpoint, as often as failurePolicy allows. Ctrl-C
// asks for a checkpoint and stops, a second one kills. Credentials of the store come from the
// caller's environment. Blocks; called from main before any thread is started.
//
//   return cli::run_command({.file = "job.yaml", .workers = 2});

#include <optional>
#include <string>

namespace cresset::cli {

struct RunOptions {
  std::string file;
  std::optional<int> workers;  // instead of spec.workers.count
};

// 0: the model is written; 1: training failed; 2: the file or the machine cannot do it; 130:
// stopped.
int run_command(const RunOptions& options);

}  // namespace cresset::cli
