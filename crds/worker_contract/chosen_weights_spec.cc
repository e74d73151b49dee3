#include "crds/worker_contract/chosen_weights_spec.h"

#include "crds/worker_contract/goal_spec.h"

namespace cresset::worker_contract {

using base::Json;
using base::Reader;

namespace {

constexpr int64_t kUsualPatience = 5;

}  // namespace

base::Result<AveragingSpec> decode_averaging(const Json& json, const std::string& path) {
  AveragingSpec averaging;
  Reader reader(json, path);
  if (auto decay = reader.require("decay").number("decay", {0, 0.999999, true}))
    averaging.decay = *decay;
  CRESSET_CHECK(reader.finish());
  return averaging;
}

base::Result<EarlyStoppingSpec> decode_early_stopping(const Json& json, const std::string& path) {
  EarlyStoppingSpec stopping{.patience = kUsualPatience};
  Reader reader(json, path);
  if (auto metric = reader.one_of("metric", metrics_of(""))) stopping.metric = *metric;
  if (auto times = reader.integer("patience", {1, 1000000})) stopping.patience = *times;
  if (auto delta = reader.number("minDelta", {0, 1e9})) stopping.min_delta = *delta;
  CRESSET_CHECK(reader.finish());
  return stopping;
}

Json encode(const AveragingSpec& averaging) { return {{"decay", averaging.decay}}; }

Json encode(const EarlyStoppingSpec& stopping) {
  return {{"metric", stopping.metric},
          {"patience", stopping.patience},
          {"minDelta", stopping.min_delta}};
}

}  // namespace cresset::worker_contract
