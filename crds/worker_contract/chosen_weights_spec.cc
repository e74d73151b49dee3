#include "crds/worker_contract/chosen_weights_spec.h"

#include <array>

namespace cresset::worker_contract {

using base::Json;
using base::Reader;

namespace {

constexpr std::array<std::string_view, 5> kMetrics{"loss", "logLoss", "accuracy", "macroF1", "auc"};
constexpr int64_t kUsualPatience = 5;

}  // namespace

std::span<const std::string_view> validation_metrics() { return kMetrics; }

bool is_better_when_higher(std::string_view metric) {
  return metric != "loss" && metric != "logLoss";
}

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
  if (auto metric = reader.one_of("metric", kMetrics)) stopping.metric = *metric;
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
