#pragma once
// A rank without tensors: counts steps, keeps checkpoints in a folder, reports progress, leaves at
// a step boundary when told, and dies at seeded random points by a signal or an exit code. It notes
// when it finds a rank of another round alive, which must never happen. The script is set before
// the zygote is forked.

#include <cstdint>
#include <string>

#include "worker/train/rank.h"

namespace cresset::train {

struct RankScript {
  std::string folder;
  int64_t steps = 50;
  int64_t checkpoint_every = 10;
  uint64_t seed = 0;
  double death = 0;            // chance to die at each step
  bool until_stopped = false;  // count no steps, wait for SIGTERM
  bool deaf = false;           // and do not hear it
  std::string bad_input;       // end at once with kExitBadInput and these last words
};

extern RankScript rank_script;

int fake_rank(const RankContext& context);
bool is_dead(pid_t pid);
// At most 10 s: a pipe's end is seen a moment before the process is gone.
bool wait_until_dead(pid_t pid);

}  // namespace cresset::train
