#pragma once
// The registry of the architectures, those that are built in and the module of a user: the name of
// each, its parameters' bounds and defaults, and how they are written. What is not here is the
// network itself, since this is read where there is no libtorch: worker/model/networks has one
// builder for each name, and a test holds both tables, another the enum of
// helm/cresset/schemas/training_job.yaml, to each other. Pure.
//
//   if (const Architecture* found = find_architecture("cnn")) found->read(parameters, model);

#include <span>
#include <string_view>
#include <vector>

#include "crds/worker_contract/training_spec.h"

namespace cresset::worker_contract {

// A user's own network, which comes with its weights (ModelSpec::uri).
inline constexpr std::string_view kTorchScript = "torchscript";

struct Architecture {
  std::string_view name;
  // The defaults, then what the user's `parameters` say; wrong ones become errors of the reader.
  void (*read)(base::Reader& parameters, ModelSpec& model) = nullptr;
  // All parameters, for read().
  base::Json (*write)(const ModelSpec& model) = nullptr;
};

// The first is the one that a spec without an architecture gets.
std::span<const Architecture> architectures();
std::vector<std::string_view> architecture_names();
const Architecture* find_architecture(std::string_view name);  // nullptr: there is none

}  // namespace cresset::worker_contract
