#include "crds/model_service.h"

#include <algorithm>
#include <array>

namespace cresset::crds {

using base::Json;
using base::Reader;
using base::Result;

namespace {

constexpr std::array<std::string_view, 3> kModes{"Namespace", "Keys", "Open"};
constexpr int kMaxReplicas = 1000;

bool is_hex(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Result<ModelSource> decode_model(const Json& json, const std::string& path) {
  ModelSource model;
  Reader reader(json, path);
  if (auto uri = reader.text("uri", 2048)) {
    reader.check(worker_contract::check_uri(*uri, reader.path_of("uri")));
    model.uri = *uri;
  }
  if (auto digest = reader.text("digest", 71)) {
    if (!digest->starts_with("sha256:") || !is_hex(std::string_view(*digest).substr(7)))
      reader.add_error(base::invalid(reader.path_of("digest") +
                                     " must be sha256: and 64 hex digits, found \"" + *digest +
                                     "\""));
    model.digest = *digest;
  }
  if (auto job = reader.name("trainingJob", 253)) model.training_job = *job;
  if (reader.has("uri") == reader.has("trainingJob"))
    reader.add_error(base::invalid(path + " needs one of uri and trainingJob, found " +
                                   (reader.has("uri") ? "both" : "neither")));
  if (reader.has("digest") && !reader.has("uri"))
    reader.add_error(base::invalid(reader.path_of("digest") + " goes with uri only"));
  CRESSET_CHECK(reader.finish());
  return model;
}

// spec.scaling.target: exactly one metric.
Result<void> decode_target(const Json& json, const std::string& path, ScalingSpec& scaling) {
  Reader reader(json, path);
  if (kScalingMetrics.size() == 1) reader.require(kScalingMetrics.front());
  std::string allowed;
  size_t found = 0;
  for (const auto name : kScalingMetrics) {
    allowed += (allowed.empty() ? "" : ", ") + std::string(name);
    const auto value = reader.number(name, {0.01, 100000});
    if (!value) continue;
    scaling.metric = name;
    scaling.target = *value;
    ++found;
  }
  CRESSET_CHECK(reader.finish());
  if (found != 1)
    return base::fail(base::invalid(path + " needs exactly one of " + allowed + ", found " +
                                    std::to_string(found)));
  return {};
}

Result<ScalingSpec> decode_scaling(const Json& json, const std::string& path) {
  ScalingSpec scaling;
  Reader reader(json, path);
  const auto whole = [&](std::string_view key, base::IntegerRange range, int& into) {
    if (auto value = reader.integer(key, range)) into = static_cast<int>(*value);
  };
  whole("min", {0, kMaxReplicas}, scaling.min);
  whole("max", {1, kMaxReplicas}, scaling.max);
  whole("windowSeconds", {5, 3600}, scaling.window_seconds);
  whole("idleSeconds", {5, 86400}, scaling.idle_seconds);
  reader.require("max");
  if (const Json* target = reader.object("target"))
    reader.check(decode_target(*target, reader.path_of("target"), scaling));
  if (scaling.min > scaling.max)
    reader.add_error(base::invalid(reader.path_of("min") + " must not be above max, found " +
                                   std::to_string(scaling.min) + " above " +
                                   std::to_string(scaling.max)));
  CRESSET_CHECK(reader.finish());
  return scaling;
}

Result<AccessSpec> decode_access(const Json& json, const std::string& path) {
  AccessSpec access;
  Reader reader(json, path);
  if (auto mode = reader.one_of("mode", kModes))
    access.mode = static_cast<AccessMode>(std::ranges::find(kModes, *mode) - kModes.begin());
  if (auto keys = reader.texts("keys", 64)) {
    for (const auto& key : *keys)
      if (!is_hex(key))
        reader.add_error(base::invalid(reader.path_of("keys") +
                                       " must hold SHA-256 hashes of 64 lower-case hex digits, "
                                       "found one of " +
                                       std::to_string(key.size()) + " characters"));
    access.keys = std::move(*keys);
  }
  if ((access.mode == AccessMode::kKeys) == access.keys.empty())
    reader.add_error(base::invalid(reader.path_of("keys") +
                                   " must be given with mode Keys, and only then; found mode " +
                                   std::string(to_string(access.mode)) + " and " +
                                   std::to_string(access.keys.size()) + " keys"));
  CRESSET_CHECK(reader.finish());
  return access;
}

// Decodes the part below `key` when it is there.
template <typename T>
void read_part(Reader& reader, std::string_view key,
               Result<T> (*decode)(const Json&, const std::string&), T& into) {
  const Json* part = reader.object(key);
  if (part == nullptr) return;
  auto decoded = decode(*part, reader.path_of(key));
  if (decoded)
    into = std::move(*decoded);
  else
    reader.add_error(decoded.error());
}

}  // namespace

std::string_view to_string(AccessMode mode) { return kModes[static_cast<size_t>(mode)]; }

Result<ModelServiceSpec> decode_model_service_spec(const Json& json) {
  ModelServiceSpec spec;
  Reader reader(json, "spec");
  read_part(reader.require("model"), "model", &decode_model, spec.model);
  if (auto replicas = reader.integer("replicas", {0, kMaxReplicas}))
    spec.replicas = static_cast<int>(*replicas);
  if (reader.has("scaling")) read_part(reader, "scaling", &decode_scaling, spec.scaling.emplace());
  read_part(reader, "access", &decode_access, spec.access);
  read_part(reader, "batching", &worker_contract::decode_batching, spec.batching);
  read_part(reader, "storage", &worker_contract::decode_storage, spec.storage);
  if (auto bytes = reader.integer("maxRequestBytes", {1024, 256 << 20}))
    spec.max_request_bytes = *bytes;
  if (auto seconds = reader.integer("drainSeconds", {0, 3600}))
    spec.drain_seconds = static_cast<int>(*seconds);
  read_pod_options(reader, spec.pod);
  CRESSET_CHECK(reader.finish());
  return spec;
}

Result<ModelService> decode_model_service(const Json& object) {
  if (!object.is_object())
    return base::fail(base::invalid("a ModelService must be an object, found " +
                                    std::string(base::type_name(object))));
  ModelService service;
  service.meta = kube::decode_meta(object, kube::none_is_read);
  const Json* spec = base::find(object, "/spec");
  static const Json kNothing = Json::object();
  auto decoded = decode_model_service_spec(spec == nullptr ? kNothing : *spec);
  if (decoded)
    service.spec = std::move(*decoded);
  else
    service.spec_error = decoded.error().message();
  if (const Json* status = base::find(object, "/status"))
    service.status = decode_model_service_status(*status);
  return service;
}

}  // namespace cresset::crds
