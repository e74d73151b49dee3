#pragma once
// Checkpoints of a training run: what one holds, how it is written beside the running training and
// how the newest valid one is found again. Layout: `<uri>/<job>/<step>-r<round>/` with state.json,
// weights.safetensors, network.pt if the network is a user's, optimizer.safetensors (all the state
// beside the weights), manifest last; the same in a memory directory, when there is one, for
// restarts on the same node.

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "crds/worker_contract/training_spec.h"
#include "operator/base/json.h"
#include "operator/base/log.h"
#include "operator/base/result.h"
#include "worker/data/store.h"
#include "worker/model/card.h"
#include "worker/model/model_directory.h"
#include "worker/train/core/checkpoint_name.h"

namespace cresset::train {

inline constexpr char kStateFile[] = "state.json";
inline constexpr char kOptimizerFile[] = "optimizer.safetensors";

struct CheckpointState {
  int64_t step = 0;  // steps completed; the position in the epoch follows from it
  std::map<std::string, double> metrics;
  // What must be the same for the steps to go on as they would have: rows, batch size, seed,
  // optimizer and what else has a state.
  base::Json run;
  base::Json preprocessing;  // fitted
  // What a network that started from other weights came from and is (model::Started), so that they
  // are not looked for again. origin.uri "": there were none, or an older worker wrote this.
  model::Origin origin;
  worker_contract::ModelSpec architecture;
};
base::Json encode(const CheckpointState& state);
base::Result<CheckpointState> decode_checkpoint_state(const std::string& text);

// An error when no file of a checkpoint may hold so much (kMaxFileBytes): it could be written and
// never be read.
base::Result<void> check_state_bytes(int64_t bytes);

// The newest valid checkpoint in any of `folders`; one that is broken is skipped with a warning. An
// error only when a store cannot be asked. Nothing when there is none.
struct FoundCheckpoint {
  CheckpointName name;
  std::string uri;
  model::Files files;
};
base::Result<std::optional<FoundCheckpoint>> find_checkpoint(
    data::Store& store, const std::vector<std::string>& folders, const base::Log& log);

// Writes what it is handed on a thread of its own, one at a time; a newer one replaces one that
// waits. A checkpoint that cannot be written is a warning: training goes on. Destroying it finishes
// what was handed over.
class CheckpointWriter {
 public:
  struct Options {
    std::vector<std::string> folders;  // written in this order; the last one is the durable one
    int64_t keep = 3;                  // in the durable folder; others keep one
  };
  // Called on the writer's thread when a checkpoint is complete everywhere.
  using Written = std::function<void(const CheckpointName&)>;

  CheckpointWriter(data::Store& store, Options options, base::Log log, Written written);
  ~CheckpointWriter();

  void submit(const CheckpointName& name, model::Files files);
  // Waits until nothing is left to write; the error of the last one, if it failed.
  base::Result<void> flush();

 private:
  struct Job {
    CheckpointName name;
    model::Files files;
  };
  void run();
  base::Result<void> write(const Job& job);
  base::Result<void> prune(const std::string& folder, int64_t keep);

  data::Store& store_;
  Options options_;
  base::Log log_;
  Written written_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Job> waiting_;
  bool busy_ = false;
  bool stopping_ = false;
  base::Result<void> last_;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace cresset::train
