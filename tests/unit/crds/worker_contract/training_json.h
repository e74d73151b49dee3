#pragma once
// A small training as JSON, and what reading it says: for the tests of training_spec.h.

#include <string>
#include <utility>

#include "crds/worker_contract/training_spec.h"

namespace cresset::worker_contract {

inline const base::Json kSmall = {
    {"data", {{"train", {{"uri", "s3://data/points.csv"}}}, {"label", "side"}}}};

inline base::Json with(const std::string& pointer, base::Json value) {
  base::Json json = kSmall;
  json[base::Json::json_pointer(pointer)] = std::move(value);
  return json;
}

inline std::string error_of(const base::Json& json) {
  const auto decoded = decode_training(json, "spec.training");
  return decoded ? "" : decoded.error().message();
}

}  // namespace cresset::worker_contract
