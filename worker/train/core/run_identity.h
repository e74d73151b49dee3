#pragma once
// What identifies a run whose steps can be continued: a checkpoint keeps it, and a round goes on
// only from one of the same run. Pure.

#include <cstdint>

#include "crds/worker_contract/training_spec.h"
#include "operator/base/json.h"

namespace cresset::train {

// The training rows, batch size, seed, network, and what else has a state: optimizer, averaging, …;
// of the preprocessing only one that takes texts, which older workers did not have.
// `digest` is that of their files. `rows` are left out of texts that are joined, whose samples are
// none of them: there, how many are held back counts.
base::Json run_identity(const worker_contract::TrainingSpec& spec, int64_t rows,
                        const std::string& digest);

// Whether the run of a checkpoint is that of now. Older checkpoints tell nothing of the files, and
// the oldest of rows, batch size and seed alone: there was AdamW, fp32 and bf16, and no more to
// choose. Where that is what now is too, what they do not tell is taken to be the same.
bool is_same_run(base::Json then, const base::Json& now);

}  // namespace cresset::train
