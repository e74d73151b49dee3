#include "crds/training_job.h"

namespace cresset::crds {

using base::Json;

namespace {

void put(Json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}
template <typename T>
void put(Json& object, const char* key, const std::optional<T>& value) {
  if (value) object[key] = *value;
}
void put_time(Json& object, const char* key, base::MaybeTime time) {
  if (time) object[key] = base::format_time(*time);
}

base::MaybeTime time_at(const Json& json, const char* pointer) {
  const auto time = base::parse_time(base::text_at(json, pointer));
  return time ? *time : base::MaybeTime();
}
std::optional<int64_t> whole_at(const Json& json, const char* pointer) {
  const Json* found = base::find(json, pointer);
  return found != nullptr && found->is_number_integer() ? std::optional(found->get<int64_t>())
                                                        : std::nullopt;
}

Json encode_workers(const Workers& workers) {
  Json json = {{"count", workers.count}};
  put(json, "min", workers.min);
  put(json, "max", workers.max);
  put(json, "processesPerWorker", workers.processes_per_worker);
  write_pod_options(*workers.pod, json);
  if (!workers.pod_template.empty()) json["template"] = workers.pod_template;
  return json;
}

// {{"b", 2}} as [{key: "b", "count": 2}], which is how lists are kept in objects of Kubernetes.
Json encode_counts(const std::map<std::string, int>& counts, const char* key) {
  Json list = Json::array();
  for (const auto& [name, count] : counts) list.push_back({{key, name}, {"count", count}});
  return list;
}
std::map<std::string, int> decode_counts(const Json& status, const char* field, const char* key) {
  std::map<std::string, int> counts;
  const Json* list = base::find(status, field);
  if (list == nullptr || !list->is_array()) return counts;
  for (const auto& one : *list)
    if (const std::string name = base::text_at(one, key); !name.empty())
      counts[name] = static_cast<int>(base::number_at(one, "/count"));
  return counts;
}

void encode_restarts(const TrainingJobStatus& status, Json& json) {
  json["restarts"] = status.restarts;
  if (!status.restarts_by_rule.empty())
    json["restartsByRule"] = encode_counts(status.restarts_by_rule, "rule");
  if (!status.restarts_by_cause.empty())
    json["restartsByCause"] = encode_counts(status.restarts_by_cause, "cause");
  put(json, "budgetStep", status.budget_step);
  if (status.disruptions > 0) {
    json["disruptions"] = status.disruptions;
    json["disruptedRound"] = status.disrupted_round;
  }
}

void decode_restarts(const Json& json, TrainingJobStatus& status) {
  status.restarts = static_cast<int>(base::number_at(json, "/restarts"));
  status.restarts_by_rule = decode_counts(json, "/restartsByRule", "/rule");
  status.restarts_by_cause = decode_counts(json, "/restartsByCause", "/cause");
  status.budget_step = whole_at(json, "/budgetStep");
  status.disruptions = static_cast<int>(base::number_at(json, "/disruptions"));
  status.disrupted_round = static_cast<int>(base::number_at(json, "/disruptedRound"));
}

void decode_progress(const Json& json, TrainingJobStatus& status) {
  status.step = base::number_at(json, "/step");
  status.total_steps = base::number_at(json, "/totalSteps");
  status.epoch = base::number_at(json, "/epoch");
  status.loss = base::real_at(json, "/loss");
  if (const Json* rate = base::find(json, "/samplesPerSecond"); rate && rate->is_number())
    status.samples_per_second = rate->get<double>();
  status.remaining_seconds = whole_at(json, "/remainingSeconds");
  status.bad_rows = whole_at(json, "/badRows");
  if (const Json* metrics = base::find(json, "/metrics"); metrics && metrics->is_object())
    for (const auto& [name, value] : metrics->items())
      if (value.is_number()) status.metrics[name] = value.get<double>();
  status.resumed_from_step = whole_at(json, "/resumedFromStep");
  status.checkpoint_step = whole_at(json, "/checkpoint/step");
  status.checkpoint_time = time_at(json, "/checkpoint/time");
  status.model_uri = base::text_at(json, "/model/uri");
  status.model_digest = base::text_at(json, "/model/digest");
  status.progress_time = time_at(json, "/progressTime");
}

void encode_progress(const TrainingJobStatus& status, Json& json) {
  json["step"] = status.step;
  if (status.total_steps > 0) json["totalSteps"] = status.total_steps;
  json["epoch"] = status.epoch;
  json["loss"] = status.loss;
  put(json, "samplesPerSecond", status.samples_per_second);
  put(json, "remainingSeconds", status.remaining_seconds);
  put(json, "badRows", status.bad_rows);
  if (!status.metrics.empty()) json["metrics"] = status.metrics;
  put(json, "resumedFromStep", status.resumed_from_step);
  if (status.checkpoint_step) {
    json["checkpoint"] = {{"step", *status.checkpoint_step}};
    put_time(json["checkpoint"], "time", status.checkpoint_time);
  }
  if (!status.model_uri.empty()) {
    json["model"] = {{"uri", status.model_uri}};
    put(json["model"], "digest", status.model_digest);
  }
  put_time(json, "progressTime", status.progress_time);
}

}  // namespace

Json encode_spec(const TrainingJob& job) {
  Json json = {{"framework", job.framework},
               {"workers", encode_workers(job.workers)},
               {"storage", worker_contract::encode(job.config.storage)},
               {"training", worker_contract::encode(job.config.training)},
               {"output", {{"uri", job.config.output_uri}}},
               {"failurePolicy", encode(job.failure_policy)},
               {"suspend", job.suspend},
               {"cleanUpPolicy", job.clean_up_policy}};
  put(json, "managedBy", job.managed_by);
  if (job.config.checkpoint) json["checkpoint"] = worker_contract::encode(*job.config.checkpoint);
  put(json, "activeDeadlineSeconds", job.active_deadline_seconds);
  put(json, "pendingDeadlineSeconds", job.pending_deadline_seconds);
  put(json, "progressDeadlineSeconds", job.progress_deadline_seconds);
  put(json, "ttlSecondsAfterFinished", job.ttl_seconds_after_finished);
  put(json, "ttlSecondsAfterFailed", job.ttl_seconds_after_failed);
  return json;
}

Json encode(const TrainingJobStatus& status) {
  Json json = {{"conditions", kube::encode_conditions(status.conditions)},
               {"state", status.state.str()},
               {"workers",
                {{"ready", status.workers_ready},
                 {"total", status.workers_total},
                 {"summary", std::to_string(status.workers_ready) + "/" +
                                 std::to_string(status.workers_total)}}},
               {"observedGeneration", status.observed_generation}};
  encode_restarts(status, json);
  if (status.progress_time) encode_progress(status, json);
  if (status.round > 0) {
    json["round"] = status.round;
    json["worldSize"] = status.world_size;
  }
  put(json, "members", status.members);
  put(json, "membersDigest", status.members_digest);
  if (status.attempts) json["attempts"] = status.attempts->str();
  put(json, "templateDigest", status.template_digest);
  put(json, "selector", status.selector);
  put_time(json, "startTime", status.start_time);
  put_time(json, "completionTime", status.completion_time);
  return json;
}

TrainingJobStatus decode_training_job_status(const Json& json) {
  TrainingJobStatus status;
  if (const Json* conditions = base::find(json, "/conditions"))
    status.conditions = kube::decode_conditions(*conditions);
  status.state = base::text_at(json, "/state");
  status.workers_ready = static_cast<int>(base::number_at(json, "/workers/ready"));
  status.workers_total = static_cast<int>(base::number_at(json, "/workers/total"));
  decode_restarts(json, status);
  status.round = static_cast<int>(base::number_at(json, "/round"));
  status.world_size = static_cast<int>(base::number_at(json, "/worldSize"));
  status.members = base::text_at(json, "/members");
  status.members_digest = base::text_at(json, "/membersDigest");
  if (base::find(json, "/attempts") != nullptr) status.attempts = base::text_at(json, "/attempts");
  status.template_digest = base::text_at(json, "/templateDigest");
  status.selector = base::text_at(json, "/selector");
  status.start_time = time_at(json, "/startTime");
  status.completion_time = time_at(json, "/completionTime");
  status.observed_generation = base::number_at(json, "/observedGeneration");
  decode_progress(json, status);
  return status;
}

}  // namespace cresset::crds
