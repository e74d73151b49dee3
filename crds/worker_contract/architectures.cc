#include "crds/worker_contract/architectures.h"

#include <algorithm>
#include <array>

#include "crds/worker_contract/architecture_parameters.h"

namespace cresset::worker_contract {

namespace {

constexpr std::array kArchitectures{
    Architecture{"mlp", read_mlp, write_mlp},
    Architecture{"cnn", read_cnn, write_cnn},
    Architecture{"linear", read_linear, write_linear},
    Architecture{"resnet", read_resnet, write_resnet},
    Architecture{"transformer", read_transformer, write_transformer},
    Architecture{"gpt", read_gpt, write_gpt},
    Architecture{kTorchScript, read_torchscript, write_torchscript}};

}  // namespace

std::span<const Architecture> architectures() { return kArchitectures; }

std::vector<std::string_view> architecture_names() {
  std::vector<std::string_view> names;
  for (const auto& architecture : kArchitectures) names.push_back(architecture.name);
  return names;
}

const Architecture* find_architecture(std::string_view name) {
  const auto found = std::find_if(kArchitectures.begin(), kArchitectures.end(),
                                  [name](const auto& known) { return known.name == name; });
  return found == kArchitectures.end() ? nullptr : &*found;
}

}  // namespace cresset::worker_contract
