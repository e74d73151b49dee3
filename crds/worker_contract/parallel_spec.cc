#include "crds/worker_contract/parallel_spec.h"

#include <array>

namespace cresset::worker_contract {

using base::Json;

namespace {

constexpr std::array<std::string_view, 2> kExchanges{"fp32", "bf16"};
constexpr std::array<std::string_view, 2> kOptimizerStates{"Replicated", "Sharded"};

}  // namespace

base::Result<ParallelSpec> decode_parallel(const Json& json, const std::string& path) {
  ParallelSpec parallel;
  base::Reader reader(json, path);
  if (auto bytes = reader.integer("bucketBytes", {1024, 1 << 30})) parallel.bucket_bytes = *bytes;
  if (auto exchange = reader.one_of("exchange", kExchanges)) parallel.exchange = *exchange;
  if (auto state = reader.one_of("optimizerState", kOptimizerStates))
    parallel.optimizer_state = *state;
  CRESSET_CHECK(reader.finish());
  return parallel;
}

Json encode(const ParallelSpec& parallel) {
  return {{"bucketBytes", parallel.bucket_bytes},
          {"exchange", parallel.exchange},
          {"optimizerState", parallel.optimizer_state}};
}

}  // namespace cresset::worker_contract
