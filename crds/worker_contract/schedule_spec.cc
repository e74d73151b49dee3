#include "crds/worker_contract/schedule_spec.h"

#include <array>

namespace cresset::worker_contract {

using base::Json;
using base::Reader;

namespace {

constexpr std::array<std::string_view, 4> kNames{"Constant", "Step", "Cosine", "OneCycle"};
constexpr std::array<std::string_view, 2> kAnnealStrategies{"Cos", "Linear"};
constexpr int64_t kMostSteps = 1000000000;

void read_warmup(Reader& reader, ScheduleSpec& schedule) {
  if (auto steps = reader.integer("warmupSteps", {1, kMostSteps})) schedule.warmup_steps = *steps;
  if (auto share = reader.number("warmupFraction", {0, 1, true})) schedule.warmup_fraction = *share;
  if (auto factor = reader.number("warmupStartFactor", {0, 1, true}))
    schedule.warmup_start_factor = *factor;
  if (reader.has("warmupSteps") && reader.has("warmupFraction"))
    reader.add_error(base::invalid(reader.path() +
                                   " may have one of warmupSteps and warmupFraction, found both"));
  if (reader.has("warmupStartFactor") && !reader.has("warmupSteps") &&
      !reader.has("warmupFraction"))
    reader.add_error(base::invalid(reader.path_of("warmupStartFactor") +
                                   " needs one of warmupSteps and warmupFraction, found neither"));
}

void read_one_cycle(Reader& reader, ScheduleSpec& schedule) {
  if (auto share = reader.number("pctStart", {0, 0.99, true})) schedule.pct_start = *share;
  if (auto factor = reader.number("divFactor", {1, 1e9})) schedule.div_factor = *factor;
  if (auto factor = reader.number("finalDivFactor", {1, 1e9})) schedule.final_div_factor = *factor;
  if (auto name = reader.one_of("annealStrategy", kAnnealStrategies))
    schedule.anneal_strategy = *name;
}

}  // namespace

base::Result<ScheduleSpec> decode_schedule(const Json& json, const std::string& path) {
  ScheduleSpec schedule;
  Reader reader(json, path);
  if (auto name = reader.one_of("name", kNames)) schedule.name = *name;
  if (schedule.name == "OneCycle")
    read_one_cycle(reader, schedule);
  else
    read_warmup(reader, schedule);
  if (schedule.name == "Step") {
    if (auto size = reader.require("stepSize").integer("stepSize", {1, kMostSteps}))
      schedule.step_size = *size;
    if (auto gamma = reader.number("gamma", {0, 10, true})) schedule.gamma = *gamma;
  }
  if (schedule.name == "Cosine")
    if (auto rate = reader.number("etaMin", {0, 1000})) schedule.eta_min = *rate;
  CRESSET_CHECK(reader.finish());
  return schedule;
}

Json encode(const ScheduleSpec& schedule) {
  Json json{{"name", schedule.name}};
  if (schedule.warmup_steps > 0) json["warmupSteps"] = schedule.warmup_steps;
  if (schedule.warmup_fraction > 0) json["warmupFraction"] = schedule.warmup_fraction;
  if (schedule.warmup_steps > 0 || schedule.warmup_fraction > 0)
    json["warmupStartFactor"] = schedule.warmup_start_factor;
  if (schedule.name == "Step")
    json.update(Json{{"stepSize", schedule.step_size}, {"gamma", schedule.gamma}});
  if (schedule.name == "Cosine") json["etaMin"] = schedule.eta_min;
  if (schedule.name == "OneCycle")
    json.update(Json{{"pctStart", schedule.pct_start},
                     {"divFactor", schedule.div_factor},
                     {"finalDivFactor", schedule.final_div_factor},
                     {"annealStrategy", schedule.anneal_strategy}});
  return json;
}

}  // namespace cresset::worker_contract
