#pragma once
// The parameters of each built-in architecture: their defaults, bounds and how they are written.
// For architectures.cc alone, which has the table. Pure.

#include "crds/worker_contract/training_spec.h"

namespace cresset::worker_contract {

void read_linear(base::Reader& parameters, ModelSpec& model);
base::Json write_linear(const ModelSpec& model);
void read_mlp(base::Reader& parameters, ModelSpec& model);
base::Json write_mlp(const ModelSpec& model);
void read_cnn(base::Reader& parameters, ModelSpec& model);
base::Json write_cnn(const ModelSpec& model);
void read_resnet(base::Reader& parameters, ModelSpec& model);
base::Json write_resnet(const ModelSpec& model);
void read_transformer(base::Reader& parameters, ModelSpec& model);
base::Json write_transformer(const ModelSpec& model);
void read_gpt(base::Reader& parameters, ModelSpec& model);
base::Json write_gpt(const ModelSpec& model);
void read_torchscript(base::Reader& parameters, ModelSpec& model);
base::Json write_torchscript(const ModelSpec& model);

}  // namespace cresset::worker_contract
