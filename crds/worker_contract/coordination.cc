#include "crds/worker_contract/coordination.h"

#include <algorithm>
#include <array>

#include "crds/worker_contract/names.h"
#include "operator/base/clean_text.h"

namespace cresset::worker_contract {

using base::Json;
using base::Reader;
using base::Result;

namespace {

constexpr std::array<std::string_view, 4> kStates{"Running", "Broken", "Succeeded", "Stopped"};
constexpr size_t kMaxLastWords = 4096;
// As status.model, status.metrics and status.step of helm/cresset/schemas/training_job.yaml: what
// the API server would refuse must not come from a pod.
constexpr size_t kMaxDigest = 128;
constexpr size_t kMaxMetrics = 64;
constexpr size_t kMaxMetricName = 128;
constexpr int64_t kMostRounds = 1 << 20;
constexpr int64_t kMostSteps = (int64_t{1} << 53) - 1;

std::string job_path(const std::string& ns, const std::string& name) {
  return "/v1/namespaces/" + ns + "/trainingjobs/" + name;
}

std::string short_text_at(const Json& value, const std::string& pointer, size_t limit) {
  std::string text = base::text_at(value, pointer);
  return text.size() <= limit ? text : "";
}

void take_metrics(const Json& found, std::map<std::string, double>& metrics) {
  for (const auto& [name, value] : found.items())
    if (value.is_number() && metrics.size() < kMaxMetrics && name.size() <= kMaxMetricName)
      metrics[name] = value.get<double>();
}

}  // namespace

std::string membership_path(const std::string& ns, const std::string& name, int after) {
  return job_path(ns, name) + "/membership?after=" + std::to_string(after);
}

std::string progress_path(const std::string& ns, const std::string& name) {
  return job_path(ns, name) + "/progress";
}

Json not_the_leader(const std::string& leader) {
  Json answer{{"error", "this replica is not the leader"}};
  if (!leader.empty()) answer["leader"] = leader;
  return answer;
}

std::string leader_of(int status, const std::string& body) {
  constexpr std::string_view kScheme = "https://";
  if (status != 503) return "";
  const auto json = base::parse_json(body, {.max_bytes = 4096, .max_depth = 4});
  std::string leader = json ? base::text_at(*json, "/leader") : "";
  return leader.starts_with(kScheme) ? leader : "";
}

Json encode(const Membership& membership) {
  return {{"round", membership.round},   {"worldSize", membership.world_size},
          {"store", membership.store},   {"firstRank", membership.first_rank},
          {"secret", membership.secret}, {"stop", membership.stop}};
}

Result<Membership> decode_membership(const Json& json) {
  Membership membership;
  Reader reader(json, "membership");
  const auto whole = [&](const char* key, int64_t min) {
    return static_cast<int>(reader.require(key).integer(key, {min, kMostRounds}).value_or(0));
  };
  membership.round = whole("round", 1);
  membership.world_size = whole("worldSize", 1);
  membership.first_rank = whole("firstRank", 0);
  membership.store = reader.require("store").text("store").value_or("");
  membership.secret = reader.text("secret").value_or("");
  membership.stop = reader.flag("stop").value_or(false);
  CRESSET_CHECK(reader.finish_lenient());
  return membership;
}

Json encode(const Progress& progress) {
  Json json{{"round", progress.round},
            {"state", kStates.at(static_cast<size_t>(progress.state))},
            {"step", progress.step},
            {"totalSteps", progress.total_steps},
            {"epoch", progress.epoch},
            {"loss", progress.loss},
            {"samplesPerSecond", progress.samples_per_second},
            {"metrics", progress.metrics}};
  if (progress.remaining_seconds) json["remainingSeconds"] = *progress.remaining_seconds;
  if (progress.checkpoint_step) json["checkpointStep"] = *progress.checkpoint_step;
  if (progress.checkpoint_time) json["checkpointTime"] = *progress.checkpoint_time;
  if (progress.resumed_from_step) json["resumedFromStep"] = *progress.resumed_from_step;
  if (progress.bad_rows) json["badRows"] = *progress.bad_rows;
  if (!progress.model_uri.empty()) json["modelUri"] = progress.model_uri;
  if (!progress.model_digest.empty()) json["modelDigest"] = progress.model_digest;
  if (!progress.message.empty()) json["message"] = progress.message;
  return json;
}

Result<Progress> decode_progress(const Json& json) {
  Progress progress;
  Reader reader(json, "progress");
  progress.round =
      static_cast<int>(reader.require("round").integer("round", {0, kMostRounds}).value_or(0));
  if (auto state = reader.require("state").one_of("state", kStates))
    progress.state = static_cast<WorkerState>(std::find(kStates.begin(), kStates.end(), *state) -
                                              kStates.begin());
  progress.step = reader.integer("step", {0, kMostSteps}).value_or(0);
  progress.total_steps = reader.integer("totalSteps", {0, kMostSteps}).value_or(0);
  progress.epoch = reader.integer("epoch", {0, kMostSteps}).value_or(0);
  progress.loss = reader.number("loss").value_or(0);
  progress.samples_per_second = reader.number("samplesPerSecond").value_or(0);
  progress.remaining_seconds = reader.integer("remainingSeconds", {0, kMostSteps});
  if (const Json* metrics = reader.object("metrics")) take_metrics(*metrics, progress.metrics);
  progress.checkpoint_step = reader.integer("checkpointStep", {0, kMostSteps});
  progress.checkpoint_time = reader.text("checkpointTime", 64);
  progress.resumed_from_step = reader.integer("resumedFromStep", {0, kMostSteps});
  progress.bad_rows = reader.integer("badRows", {0, kMostSteps});
  progress.model_uri = reader.text("modelUri", kMaxUriBytes).value_or("");
  progress.model_digest = reader.text("modelDigest", kMaxDigest).value_or("");
  progress.message = base::clean_begin(reader.text("message", 16384).value_or(""), 1024);
  CRESSET_CHECK(reader.finish_lenient());
  return progress;
}

std::string encode_last_words(const LastWords& words) {
  Json json{{"error", base::clean_begin(words.error, kMaxLastWords / 2)}};
  if (words.rank) json["rank"] = *words.rank;
  if (words.step) json["step"] = *words.step;
  if (!words.model_uri.empty()) json["modelUri"] = words.model_uri;
  if (!words.model_digest.empty()) json["modelDigest"] = words.model_digest;
  if (!words.metrics.empty()) json["metrics"] = words.metrics;
  std::string text = base::dump(json);
  if (text.size() <= kMaxLastWords) return text;
  json.erase("metrics");
  return base::dump(json).substr(0, kMaxLastWords);
}

LastWords decode_last_words(const std::string& text) {
  LastWords words;
  const auto json = base::parse_json(text, {kMaxLastWords, 4});
  if (!json || !json->is_object()) {
    words.error = base::clean_begin(text, 1024);
    return words;
  }
  words.error = base::clean_begin(base::text_at(*json, "/error"), 2048);
  if (const Json* rank = base::find(*json, "/rank"); rank != nullptr && rank->is_number_integer())
    words.rank = rank->get<int>();
  if (const Json* step = base::find(*json, "/step"); step != nullptr && step->is_number_integer())
    if (const auto said = step->get<int64_t>(); said >= 0 && said <= kMostSteps) words.step = said;
  words.model_uri = short_text_at(*json, "/modelUri", kMaxUriBytes);
  words.model_digest = short_text_at(*json, "/modelDigest", kMaxDigest);
  if (const Json* metrics = base::find(*json, "/metrics");
      metrics != nullptr && metrics->is_object())
    take_metrics(*metrics, words.metrics);
  return words;
}

}  // namespace cresset::worker_contract
