#pragma once
// One rank of a training group: joins the group, reads its data, restores the newest checkpoint,
// trains, and writes the model (rank 0). A process runs one rank and then ends; the supervisor
// forks it from the zygote, `cresset-worker rank` and tests call it directly. It starts threads
// (Arrow, gloo, the checkpoint writer), so the process must be single-threaded and must not have
// used Arrow or a process group before. Owns nothing after it returns.
//
//   RankContext context{.round = 3, .rank = 0, .world_size = 4, .store = "10.0.0.7:29500", …};
//   _exit(train::run_rank(config, context, log));

#include <atomic>
#include <string>

#include "crds/worker_contract/worker_config.h"
#include "operator/base/log.h"

namespace cresset::train {

struct RankContext {
  int round = 1;
  int rank = 0;
  int local_rank = 0;
  int world_size = 1;
  std::string store;                    // host:port, served by rank 0; unused by a group of one
  std::string secret;                   // prefix of every key in the store
  std::string bind_host = "127.0.0.1";  // own address that the other ranks reach: the pod's IP
  // Where rank 0 writes its progress: one worker_contract::Progress as JSON a line, on every
  // transition and checkpoint, and at most once a second in between (short epochs share a line).
  // Lines are under PIPE_BUF. -1: nowhere.
  int progress_fd = -1;
  std::string last_words_path;   // where a failing rank says why (LastWords); "" = nowhere
  std::string memory_directory;  // /dev/shm/…: the newest checkpoint is also kept there; "" = not
  // Set from outside to leave at the next step boundary, which all ranks agree on: any rank's flag
  // stops the group. See stop_on_sigterm().
  const std::atomic<bool>* stop = nullptr;
};

// Returns one of the kExit codes of worker_contract/names.h. Catches everything.
int run_rank(const worker_contract::WorkerConfig& config, const RankContext& context,
             const base::Log& log);

// A flag that SIGTERM and SIGINT set in this process from now on.
const std::atomic<bool>* stop_on_sigterm();

}  // namespace cresset::train
