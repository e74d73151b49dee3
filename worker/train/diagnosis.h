#pragma once
// Why training diverged, found after the fact and paid for only then: the step's forward pass is
// made once more by replay(), while each layer is looked at, and the training rows are searched for
// one that stands out. Every rank looks at its own rows of the batch and all come to the same
// words, so each must call it at the same step. A function; nothing is kept.
//
//   CRESSET_TRY(found, diagnose({…}, step, total_steps));
//   return base::fail(base::invalid(describe(found)));

#include "worker/dist/process_group.h"
#include "worker/model/network.h"
#include "worker/train/batch_gradient.h"
#include "worker/train/batch_rows.h"
#include "worker/train/core/divergence.h"

namespace cresset::train {

struct DiagnosisParts {
  const worker_contract::TrainingSpec& spec;
  model::Network& network;
  BatchGradient& gradient;
  BatchRows& rows;
  dist::ProcessGroup& group;
  bool of_tokens = false;  // what samples hold are names, of which none is great
};

// Of a step, counted from 0, whose loss or gradients (those of the parameters now) are not finite;
// it has not changed the weights.
base::Result<Divergence> diagnose(const DiagnosisParts& parts, int64_t step, int64_t total_steps);

}  // namespace cresset::train
