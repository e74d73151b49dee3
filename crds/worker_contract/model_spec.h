#pragma once
// The codec of spec.training.model: architecture and parameters, what a network starts from, and
// how fast which of it is learnt. Also that of `model` in model.json, which says the first two
// alone. Pure.

#include <string>

#include "crds/worker_contract/training_spec.h"

namespace cresset::worker_contract {

base::Result<ModelSpec> decode_model(const base::Json& json, const std::string& path);
base::Json encode(const ModelSpec& model);
// What a job's model must be beyond that: a module of the user's has to lie somewhere.
base::Result<void> check_module(const ModelSpec& model, const std::string& path);
// Whether ModelSpec::uri is a file of weights (.safetensors, .pt) and not a model directory.
bool names_weights(const std::string& uri);
// Whether it is a TorchScript module (.pt).
bool names_script(const std::string& uri);

}  // namespace cresset::worker_contract
