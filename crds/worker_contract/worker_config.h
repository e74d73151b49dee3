#pragma once
// What a worker pod is told: WorkerConfig for `cresset-worker train`, ServeConfig for
// `cresset-worker serve`. Written as JSON into the environment variable kConfigEnv by the operator
// (or by `cresset run`), read once by worker/config. Made from the kinds' JSON alone, so that
// operator, command line and worker can never disagree. Pure values.

#include <optional>
#include <string>

#include "crds/worker_contract/training_spec.h"
#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::worker_contract {

struct WorkerConfig {
  std::string ns;
  std::string name;
  std::string uid;  // of the TrainingJob: part of every checkpoint's path
  int workers = 1;
  int processes_per_worker = 1;
  int gpus = 0;  // that a worker asks for; 0: none, and what is there is taken
  TrainingSpec training;
  std::optional<CheckpointSpec> checkpoint;
  std::string output_uri;
  StorageSpec storage;
  int progress_deadline_seconds = 300;
  bool operator==(const WorkerConfig&) const = default;
};

// `job` is a whole TrainingJob object ({metadata, spec}). Defaults are applied; validation errors
// name the field.
base::Result<WorkerConfig> worker_config_from_job(const base::Json& job);
base::Json encode(const WorkerConfig& config);
Buckets buckets_of_job(const WorkerConfig& config);
base::Result<WorkerConfig> decode_worker_config(const base::Json& json);

struct BatchingSpec {
  int64_t max_size = 32;
  int64_t max_delay_microseconds = 2000;
  int64_t max_queue = 1024;  // requests waiting; over it 503
  bool operator==(const BatchingSpec&) const = default;
};

struct ServeConfig {
  std::string ns;
  std::string name;      // the ModelService: also the model name in the protocol
  std::string revision;  // label value of the revision
  std::string model_uri;
  std::string model_digest;  // sha256:…; "" only for `cresset-worker serve --model` by hand
  StorageSpec storage;
  BatchingSpec batching;
  int64_t max_request_bytes = 16 << 20;
  int drain_seconds = 20;
  int gpus = 0;  // as of a worker
  bool operator==(const ServeConfig&) const = default;
};

base::Json encode(const ServeConfig& config);
base::Result<ServeConfig> decode_serve_config(const base::Json& json);
base::Result<BatchingSpec> decode_batching(const base::Json& json, const std::string& path);
base::Json encode(const BatchingSpec& batching);

}  // namespace cresset::worker_contract
