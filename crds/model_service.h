#pragma once
// ModelService: a model that answers requests through the gateway, by replicas that are counted by
// a person or by the load. Struct, JSON codec, defaults and validation of the kind whose schema is
// helm/cresset/schemas/model_service.yaml; a parity test holds both together. Pure values; any
// thread.
//
//   CRESSET_TRY(service, crds::decode_model_service(json));
//   if (!service.spec_error.empty()) ...   // stored under an older schema: a condition, no crash

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crds/pod_options.h"
#include "crds/worker_contract/worker_config.h"
#include "operator/base/json.h"
#include "operator/base/result.h"
#include "operator/kube/core/object.h"

namespace cresset::crds {

// spec.model: exactly one of uri and trainingJob.
struct ModelSource {
  std::string uri;
  std::string digest;        // with uri: sha256:… of manifest.json; "" pins nothing
  std::string training_job;  // in the same namespace
  bool operator==(const ModelSource&) const = default;
};

// The keys of spec.scaling.target; controllers/autoscale/metric.h says how each is read.
inline constexpr std::array<std::string_view, 1> kScalingMetrics{"concurrency"};

struct ScalingSpec {
  int min = 0;
  int max = 1;
  std::string metric{kScalingMetrics.front()};  // the one key of target
  double target = 4;                            // its value: what a replica is to bear
  int window_seconds = 60;
  int idle_seconds = 300;
  bool operator==(const ScalingSpec&) const = default;
};

enum class AccessMode { kNamespace, kKeys, kOpen };
std::string_view to_string(AccessMode mode);

struct AccessSpec {
  AccessMode mode = AccessMode::kNamespace;
  std::vector<std::string> keys;  // SHA-256 of each, 64 lower-case hex digits
  bool operator==(const AccessSpec&) const = default;
};

struct ModelServiceSpec {
  ModelSource model;
  int replicas = 1;  // obeyed when scaling is absent
  std::optional<ScalingSpec> scaling;
  AccessSpec access;
  worker_contract::BatchingSpec batching;
  worker_contract::StorageSpec storage;
  int64_t max_request_bytes = 16 << 20;
  int drain_seconds = 20;
  PodOptions pod;
  bool operator==(const ModelServiceSpec&) const = default;
};

// status.scaling: why the count is what it is; see controllers/autoscale/decider.h.
struct ScalingStatus {
  int desired = 0;
  std::string cause;
  double window_mean = 0;
  double target = 0;
  int64_t queue = 0;
  int min = 0;
  int max = 0;
  int kept = 0;
  std::string message;
  bool operator==(const ScalingStatus&) const = default;
};

// status.model: what the current revision serves.
struct ServedModel {
  std::string uri;
  std::string digest;
  std::string training_job;  // that it came from
  bool operator==(const ServedModel&) const = default;
};

struct ModelServiceStatus {
  std::vector<kube::Condition> conditions;
  std::string state;  // one word for people, read by no code
  int64_t observed_generation = 0;
  int replicas = 0;
  int ready_replicas = 0;
  std::string selector;  // for the scale subresource
  std::string revision;  // that the gateway sends requests to
  ServedModel model;
  std::string url;
  std::optional<ScalingStatus> scaling;
  bool operator==(const ModelServiceStatus&) const = default;
};

struct ModelService {
  kube::ObjectMeta meta;
  ModelServiceSpec spec;
  std::string spec_error;  // "" = spec is valid
  ModelServiceStatus status;
  bool operator==(const ModelService&) const = default;
};

// Fails on what is no object at all; a wrong spec is kept in spec_error.
base::Result<ModelService> decode_model_service(const base::Json& object);
base::Result<ModelServiceSpec> decode_model_service_spec(const base::Json& spec);
// Lenient: what is absent or odd stays at its default (we wrote it ourselves).
ModelServiceStatus decode_model_service_status(const base::Json& status);

// Only what differs from the defaults.
base::Json encode(const ModelServiceSpec& spec);
base::Json encode(const ModelServiceStatus& status);

}  // namespace cresset::crds
