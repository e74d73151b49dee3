#pragma once
// The gradient of the mean loss over the batch of a step, on every rank: this rank's rows go
// forward and backward, in micro-batches if the spec says so, and the sums over the ranks start in
// the last of them. Nothing but rounding depends on the number of ranks or the size of a
// micro-batch (dropout draws other numbers for each, and batch norm looks at the rows of one
// micro-batch of one rank). Owns the reducer; belongs to the training loop, and the gradients are
// the network's parameters'.
//
//   CRESSET_TRY(found, gradient.compute(step, {.stop = stop}));  optimizer.step(rate);

#include <functional>

#include "crds/worker_contract/training_spec.h"
#include "operator/base/result.h"
#include "worker/dist/process_group.h"
#include "worker/dist/reducer.h"
#include "worker/model/network.h"
#include "worker/train/batch_rows.h"
#include "worker/train/loss.h"

namespace cresset::train {

class BatchGradient {
 public:
  BatchGradient(const worker_contract::TrainingSpec& spec, model::Network& network, BatchRows& rows,
                const Loss& loss, dist::ProcessGroup& group);

  // What ranks want after a step; some rank's wish is all ranks' deed.
  struct Flags {
    bool stop = false;
    bool save = false;  // a checkpoint
  };
  struct Found {
    double loss = 0;  // mean over the whole batch
    Flags any;        // some rank's
  };
  // Of a step, counted from 0 over all epochs, times `scale`. `flags`: this rank's, which travel
  // with it.
  base::Result<Found> compute(int64_t step, const Flags& flags, double scale = 1);

  // compute()'s forward passes once more, bit by bit (on a GPU if `deterministic`); nothing else
  // changes but what batch norm counts. `before` each and after it `look` at its logits.
  base::Result<void> replay(int64_t step, const std::function<void()>& before,
                            const std::function<void(const at::Tensor& logits)>& look);

 private:
  int64_t rows_at_once(int64_t rows) const;
  void seed_dropout(int64_t step) const;
  // Of the whole batch's loss, the same on every rank.
  base::Result<double> divisor_of(int64_t step);
  at::Tensor logits_of(int64_t first, int64_t size, int64_t step);
  void run_passes(int64_t rows, int64_t step, double divisor, const Flags& flags);

  const worker_contract::TrainingSpec& spec_;
  model::Network& network_;
  BatchRows& rows_;
  const Loss& loss_;
  dist::ProcessGroup& group_;
  dist::Reducer reducer_;
};

}  // namespace cresset::train
