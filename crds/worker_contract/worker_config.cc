#include "crds/worker_contract/worker_config.h"

#include <algorithm>

#include "crds/worker_contract/quantity.h"

namespace cresset::worker_contract {

using base::Json;
using base::Reader;
using base::Result;

namespace {

constexpr int64_t kMaxProcesses = 64;

const Json& read_resources(Reader& workers) {
  static const Json kNone = Json::object();
  const Json* given = workers.object("resources");
  return given == nullptr ? kNone : *given;
}

// processesPerWorker, else the worker's GPUs, else 1: of the instances of divided GPUs CUDA shows a
// process one, however many there are.
int read_processes(Reader& workers, const Json& resources) {
  if (auto given = workers.integer("processesPerWorker", {1, kMaxProcesses}))
    return static_cast<int>(*given);
  const int64_t gpus = whole_gpus_of(resources);
  if (gpus > kMaxProcesses)
    workers.add_error(base::invalid(workers.path_of("processesPerWorker") + " must be at most " +
                                    std::to_string(kMaxProcesses) +
                                    "; not given, it is the number of GPUs, found " +
                                    std::to_string(gpus)));
  return static_cast<int>(std::clamp<int64_t>(gpus, 1, kMaxProcesses));
}

Result<void> decode_common(Reader& spec, WorkerConfig& config) {
  if (const Json* storage = spec.object("storage")) {
    CRESSET_TRY(decoded, decode_storage(*storage, spec.path_of("storage")));
    config.storage = std::move(decoded);
  }
  if (const Json* training = spec.require("training").object("training")) {
    CRESSET_TRY(decoded, decode_training(*training, spec.path_of("training")));
    config.training = std::move(decoded);
  }
  if (const Json* checkpoint = spec.object("checkpoint")) {
    CRESSET_TRY(decoded, decode_checkpoint(*checkpoint, spec.path_of("checkpoint")));
    config.checkpoint = std::move(decoded);
  }
  if (const Json* output = spec.require("output").object("output")) {
    CRESSET_TRY(uri, decode_output_uri(*output, spec.path_of("output")));
    config.output_uri = std::move(uri);
  }
  if (auto deadline = spec.integer("progressDeadlineSeconds", {10, 86400}))
    config.progress_deadline_seconds = static_cast<int>(*deadline);
  return check_endpoint(config.storage, buckets_of_job(config), spec.path_of("storage"));
}

}  // namespace

Buckets buckets_of_job(const WorkerConfig& config) {
  const auto& data = config.training.data;
  return buckets_of({config.training.model.uri, data.train_uri, data.validation_uri,
                     config.checkpoint ? config.checkpoint->uri : "", config.output_uri});
}

Result<WorkerConfig> worker_config_from_job(const Json& job) {
  WorkerConfig config;
  config.ns = base::text_at(job, "/metadata/namespace", "default");
  config.name = base::text_at(job, "/metadata/name");
  config.uid = base::text_at(job, "/metadata/uid");
  static const Json kEmpty = Json::object();
  const Json* found = base::find(job, "/spec");
  Reader spec(found != nullptr ? *found : kEmpty, "spec");
  if (const Json* workers = spec.object("workers")) {
    Reader inner(*workers, "spec.workers");
    config.workers = static_cast<int>(inner.integer("count", {1, 10000}).value_or(1));
    const Json& resources = read_resources(inner);
    config.gpus = static_cast<int>(std::min(gpus_of(resources), kMaxGpus));
    config.processes_per_worker = read_processes(inner, resources);
    CRESSET_CHECK(inner.finish_lenient());
  }
  CRESSET_CHECK(decode_common(spec, config));
  CRESSET_CHECK(spec.finish_lenient());
  return config;
}

Json encode(const WorkerConfig& config) {
  Json json{{"namespace", config.ns},
            {"name", config.name},
            {"uid", config.uid},
            {"workers", config.workers},
            {"processesPerWorker", config.processes_per_worker},
            {"training", encode(config.training)},
            {"output", {{"uri", config.output_uri}}},
            {"storage", encode(config.storage)},
            {"progressDeadlineSeconds", config.progress_deadline_seconds}};
  if (config.checkpoint) json["checkpoint"] = encode(*config.checkpoint);
  if (config.gpus > 0) json["gpus"] = config.gpus;
  return json;
}

Result<WorkerConfig> decode_worker_config(const Json& json) {
  WorkerConfig config;
  Reader reader(json, "");
  config.ns = reader.require("namespace").text("namespace").value_or("");
  config.name = reader.require("name").text("name").value_or("");
  config.uid = reader.text("uid").value_or("");
  config.workers = static_cast<int>(reader.integer("workers", {1, 10000}).value_or(1));
  config.processes_per_worker =
      static_cast<int>(reader.integer("processesPerWorker", {1, kMaxProcesses}).value_or(1));
  config.gpus = static_cast<int>(reader.integer("gpus", {0, kMaxGpus}).value_or(0));
  CRESSET_CHECK(decode_common(reader, config));
  // A newer operator may say more than this worker knows.
  CRESSET_CHECK(reader.finish_lenient());
  return config;
}

Result<BatchingSpec> decode_batching(const Json& json, const std::string& path) {
  BatchingSpec batching;
  Reader reader(json, path);
  if (auto size = reader.integer("maxSize", {1, 4096})) batching.max_size = *size;
  if (auto delay = reader.integer("maxDelayMicroseconds", {0, 10000000}))
    batching.max_delay_microseconds = *delay;
  if (auto queue = reader.integer("maxQueue", {1, 1000000})) batching.max_queue = *queue;
  CRESSET_CHECK(reader.finish());
  return batching;
}

Json encode(const BatchingSpec& batching) {
  return {{"maxSize", batching.max_size},
          {"maxDelayMicroseconds", batching.max_delay_microseconds},
          {"maxQueue", batching.max_queue}};
}

Json encode(const ServeConfig& config) {
  Json json{{"namespace", config.ns},
            {"name", config.name},
            {"revision", config.revision},
            {"model", {{"uri", config.model_uri}, {"digest", config.model_digest}}},
            {"storage", encode(config.storage)},
            {"batching", encode(config.batching)},
            {"maxRequestBytes", config.max_request_bytes},
            {"drainSeconds", config.drain_seconds}};
  if (config.gpus > 0) json["gpus"] = config.gpus;
  return json;
}

Result<ServeConfig> decode_serve_config(const Json& json) {
  ServeConfig config;
  Reader reader(json, "");
  config.ns = reader.require("namespace").text("namespace").value_or("");
  config.name = reader.require("name").text("name").value_or("");
  config.revision = reader.text("revision").value_or("");
  if (const Json* model = reader.require("model").object("model")) {
    Reader inner(*model, "model");
    config.model_uri = inner.require("uri").text("uri", 2048).value_or("");
    inner.check(check_uri(config.model_uri, "model.uri"));
    config.model_digest = inner.text("digest").value_or("");
    reader.check(inner.finish_lenient());
  }
  if (const Json* storage = reader.object("storage")) {
    CRESSET_TRY(decoded, decode_storage(*storage, "storage"));
    config.storage = std::move(decoded);
  }
  if (const Json* batching = reader.object("batching")) {
    CRESSET_TRY(decoded, decode_batching(*batching, "batching"));
    config.batching = decoded;
  }
  if (auto bytes = reader.integer("maxRequestBytes", {1024, 256 << 20}))
    config.max_request_bytes = *bytes;
  if (auto seconds = reader.integer("drainSeconds", {0, 3600}))
    config.drain_seconds = static_cast<int>(*seconds);
  config.gpus = static_cast<int>(reader.integer("gpus", {0, kMaxGpus}).value_or(0));
  CRESSET_CHECK(reader.finish_lenient());
  return config;
}

}  // namespace cresset::worker_contract
