#pragma once
// `cresset-worker train`: process 1 of a training pod, put together. Called first thing in main,
// before any thread: it forks the zygote, then supervises. Returns the exit code. `rank` runs in
// each rank's own process.
//
//   return train::train_command(run_rank, log);

#include "crds/worker_contract/worker_config.h"
#include "operator/base/log.h"
#include "worker/train/rank.h"

namespace cresset::train {

// As run_rank(), with context.stop not yet set and the stop signals still blocked: the caller's
// function sets its handler and calls accept_stop_signals() (zygote.h).
using RankFunction = int (*)(const worker_contract::WorkerConfig& config,
                             const RankContext& context, const base::Log& log);

int train_command(RankFunction rank, const base::Log& log);

}  // namespace cresset::train
