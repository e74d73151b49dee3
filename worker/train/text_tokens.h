#pragma once
// What the texts of a job, as tokenize makes tokens of them, ask of its network, and of its ranks:
// each of them reads the vocabulary by itself. Functions; the caller owns everything.

#include "crds/worker_contract/training_spec.h"
#include "operator/base/result.h"
#include "worker/dist/process_group.h"
#include "worker/model/preprocess.h"

namespace cresset::train {

// A transformer of tokens whose spec names no padding leaves out that of the vocabulary.
worker_contract::ModelSpec with_padding_of(const model::Preprocessing& steps,
                                           worker_contract::ModelSpec spec);

// An error when the network takes no tokens, or fewer than the vocabulary has.
base::Result<void> check_vocabularies(const model::Preprocessing& steps,
                                      const worker_contract::ModelSpec& architecture);

// Error, on every rank, when any rank read another vocabulary than rank 0.
base::Result<void> check_same_vocabularies(const model::Preprocessing& steps,
                                           dist::ProcessGroup& group);

}  // namespace cresset::train
