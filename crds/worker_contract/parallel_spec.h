#pragma once
// spec.training.parallel: how the processes of a job share the work of a step beside its rows. Pure
// values; part of training_spec.h. What they mean is worker/dist/reducer.h (the exchange of
// gradients) and worker/train/sharded_optimizer.h (the optimizer's state).

#include <cstdint>
#include <string>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::worker_contract {

struct ParallelSpec {
  // Gradients that are exchanged in one message, which starts as soon as they are all there.
  int64_t bucket_bytes = 1 << 20;
  std::string exchange = "fp32";               // of gradients: fp32 | bf16
  std::string optimizer_state = "Replicated";  // Replicated: on every process | Sharded
  bool operator==(const ParallelSpec&) const = default;
};

base::Result<ParallelSpec> decode_parallel(const base::Json& json, const std::string& path);
base::Json encode(const ParallelSpec& parallel);

}  // namespace cresset::worker_contract
