#pragma once
// The registry of the ways in which weights follow gradients: the name of each, which parameters it
// has, their bounds and defaults (PyTorch's), and how they are written. What is not here is the
// arithmetic, since this is read where there is no libtorch: worker/train/optimizer has one file
// for each name, and a test holds both tables, another the enum of
// helm/cresset/schemas/training_job.yaml, to each other. Pure.
//
//   if (const auto* found = find_optimizer_method("sgd")) found->read(reader, optimizer);

#include <span>
#include <string_view>
#include <vector>

#include "crds/worker_contract/training_spec.h"

namespace cresset::worker_contract {

struct OptimizerMethod {
  std::string_view name;
  // The defaults, then what the user says; what the method does not have stays unread, which is an
  // error of the reader's that names those it has.
  void (*read)(base::Reader& reader, OptimizerSpec& optimizer) = nullptr;
  // All parameters and the name, for read().
  base::Json (*write)(const OptimizerSpec& optimizer) = nullptr;
};

std::span<const OptimizerMethod> optimizer_methods();
std::vector<std::string_view> optimizer_names();
const OptimizerMethod* find_optimizer_method(std::string_view name);  // nullptr: there is none

}  // namespace cresset::worker_contract
