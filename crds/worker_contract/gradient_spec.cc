#include "crds/worker_contract/gradient_spec.h"

namespace cresset::worker_contract {

using base::Json;

base::Result<GradientSpec> decode_gradient(const Json& json, const std::string& path) {
  GradientSpec gradient;
  base::Reader reader(json, path);
  if (auto norm = reader.number("clipNorm", {0, 1e9, true})) gradient.clip_norm = *norm;
  if (auto value = reader.number("clipValue", {0, 1e9, true})) gradient.clip_value = *value;
  if (auto rows = reader.integer("microBatchSize", {0, 1 << 24})) gradient.micro_batch_size = *rows;
  if (gradient.clip_norm > 0 && gradient.clip_value > 0)
    reader.add_error(base::invalid(path + " may have one of clipNorm and clipValue, found both"));
  CRESSET_CHECK(reader.finish());
  return gradient;
}

Json encode(const GradientSpec& gradient) {
  Json json{{"microBatchSize", gradient.micro_batch_size}};
  if (gradient.clip_norm > 0) json["clipNorm"] = gradient.clip_norm;
  if (gradient.clip_value > 0) json["clipValue"] = gradient.clip_value;
  return json;
}

}  // namespace cresset::worker_contract
