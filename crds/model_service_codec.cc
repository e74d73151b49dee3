#include "crds/model_service.h"

namespace cresset::crds {

using base::Json;

namespace {

// Sets `key` unless the value is the default.
template <typename T>
void put(Json& object, const char* key, const T& value, const T& otherwise) {
  if (!(value == otherwise)) object[key] = value;
}

Json encode(const ModelSource& model) {
  Json json = Json::object();
  put(json, "uri", model.uri, {});
  put(json, "digest", model.digest, {});
  put(json, "trainingJob", model.training_job, {});
  return json;
}

Json encode(const ScalingSpec& scaling) {
  return {{"min", scaling.min},
          {"max", scaling.max},
          {"target", {{scaling.metric, scaling.target}}},
          {"windowSeconds", scaling.window_seconds},
          {"idleSeconds", scaling.idle_seconds}};
}

Json encode(const ScalingStatus& scaling) {
  return {{"desired", scaling.desired},
          {"cause", scaling.cause},
          {"windowMean", scaling.window_mean},
          {"target", scaling.target},
          {"queue", scaling.queue},
          {"bound", {{"min", scaling.min}, {"max", scaling.max}}},
          {"kept", scaling.kept},
          {"message", scaling.message}};
}

ScalingStatus decode_scaling_status(const Json& json) {
  return {.desired = static_cast<int>(base::number_at(json, "/desired")),
          .cause = base::text_at(json, "/cause"),
          .window_mean = base::real_at(json, "/windowMean"),
          .target = base::real_at(json, "/target"),
          .queue = base::number_at(json, "/queue"),
          .min = static_cast<int>(base::number_at(json, "/bound/min")),
          .max = static_cast<int>(base::number_at(json, "/bound/max")),
          .kept = static_cast<int>(base::number_at(json, "/kept")),
          .message = base::text_at(json, "/message")};
}

Json encode_served(const ServedModel& model) {
  Json json = {{"uri", model.uri}};
  put(json, "digest", model.digest, {});
  put(json, "trainingJob", model.training_job, {});
  return json;
}

}  // namespace

Json encode(const ModelServiceSpec& spec) {
  const ModelServiceSpec defaults;
  Json json = {{"model", encode(spec.model)}};
  put(json, "replicas", spec.replicas, defaults.replicas);
  if (spec.scaling) json["scaling"] = encode(*spec.scaling);
  if (!(spec.access == defaults.access)) {
    json["access"] = {{"mode", to_string(spec.access.mode)}};
    put(json["access"], "keys", spec.access.keys, {});
  }
  if (!(spec.batching == defaults.batching))
    json["batching"] = worker_contract::encode(spec.batching);
  if (!(spec.storage == defaults.storage)) json["storage"] = worker_contract::encode(spec.storage);
  put(json, "maxRequestBytes", spec.max_request_bytes, defaults.max_request_bytes);
  put(json, "drainSeconds", spec.drain_seconds, defaults.drain_seconds);
  write_pod_options(spec.pod, json);
  return json;
}

Json encode(const ModelServiceStatus& status) {
  Json json = {{"conditions", kube::encode_conditions(status.conditions)},
               {"state", status.state},
               {"observedGeneration", status.observed_generation},
               {"replicas", status.replicas},
               {"readyReplicas", status.ready_replicas}};
  put(json, "selector", status.selector, {});
  put(json, "revision", status.revision, {});
  if (!status.model.uri.empty()) json["model"] = encode_served(status.model);
  put(json, "url", status.url, {});
  if (status.scaling) json["scaling"] = encode(*status.scaling);
  return json;
}

ModelServiceStatus decode_model_service_status(const Json& json) {
  ModelServiceStatus status;
  if (const Json* conditions = base::find(json, "/conditions"))
    status.conditions = kube::decode_conditions(*conditions);
  status.state = base::text_at(json, "/state");
  status.observed_generation = base::number_at(json, "/observedGeneration");
  status.replicas = static_cast<int>(base::number_at(json, "/replicas"));
  status.ready_replicas = static_cast<int>(base::number_at(json, "/readyReplicas"));
  status.selector = base::text_at(json, "/selector");
  status.revision = base::text_at(json, "/revision");
  status.model = {.uri = base::text_at(json, "/model/uri"),
                  .digest = base::text_at(json, "/model/digest"),
                  .training_job = base::text_at(json, "/model/trainingJob")};
  status.url = base::text_at(json, "/url");
  if (const Json* scaling = base::find(json, "/scaling"))
    status.scaling = decode_scaling_status(*scaling);
  return status;
}

}  // namespace cresset::crds
