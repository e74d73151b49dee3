#pragma once
// What the texts of a job, as tokenize makes tokens of them, ask of its network, and of its ranks:
// each of them reads the vocabulary by itself. Functions; the caller owns everything.
//
//   CRESSET_CHECK(check_tokens(steps, spec.model, spec.model));      // before anything is read
//   CRESSET_CHECK(steps.read_vocabularies(store));
//   CRESSET_CHECK(check_same_vocabularies(steps, group));
//   CRESSET_CHECK(settle_tokens(steps, spec.model, architecture));   // then a network is built

#include "crds/worker_contract/training_spec.h"
#include "operator/base/result.h"
#include "worker/dist/process_group.h"
#include "worker/model/preprocess.h"

namespace cresset::train {

// Whether an architecture that `spec` tells, or what lies at its uri, takes what the steps make,
// whatever their vocabularies have. An error names the field: when the network takes no tokens, or
// those of the other kind (a transformer those of WordPiece, gpt those of a byte-level vocabulary),
// when a column is not of tokens, or when gpt is to learn texts of several. A module of the user's
// takes anything.
base::Result<void> check_tokens(const model::Preprocessing& steps,
                                const worker_contract::ModelSpec& spec,
                                const worker_contract::ModelSpec& architecture);

// The same, with the vocabularies. A network whose padding nobody named leaves out that of the
// vocabulary. An error names the field: also when the network takes fewer tokens than the
// vocabulary has, or other padding; when columns are of different vocabularies.
base::Result<void> settle_tokens(const model::Preprocessing& steps,
                                 const worker_contract::ModelSpec& spec,
                                 worker_contract::ModelSpec& architecture);

// Error, on every rank, when any rank read another vocabulary than rank 0.
base::Result<void> check_same_vocabularies(const model::Preprocessing& steps,
                                           dist::ProcessGroup& group);

}  // namespace cresset::train
