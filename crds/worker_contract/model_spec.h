#pragma once
// The codec of spec.training.model: architecture and parameters, what a network starts from, and
// how fast which of it is learnt. Also that of `model` in model.json, which says the first two
// alone. Pure.

#include <string>

#include "crds/worker_contract/training_spec.h"

namespace cresset::worker_contract {

base::Result<ModelSpec> decode_model(const base::Json& json, const std::string& path);
base::Json encode(const ModelSpec& model);
// Whether ModelSpec::uri is a file of weights (.safetensors) and not a model directory.
bool names_weights(const std::string& uri);

}  // namespace cresset::worker_contract
