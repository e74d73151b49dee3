#include "worker/model/networks/builder.h"

#include <map>

#include "crds/worker_contract/architectures.h"

namespace cresset::model::networks {

base::Result<Build> find_builder(const std::string& architecture) {
  static const std::map<std::string_view, Build> kBuilders{
      {"cnn", build_cnn},
      {"gpt", build_gpt},
      {"linear", build_linear},
      {"mlp", build_mlp},
      {"resnet", build_resnet},
      {worker_contract::kTorchScript, build_torchscript},
      {"transformer", build_transformer}};
  const auto found = kBuilders.find(architecture);
  if (found != kBuilders.end()) return found->second;
  std::string names;
  for (const auto& [name, build] : kBuilders)
    names += (names.empty() ? "" : ", ") + std::string(name);
  return base::fail(base::invalid("spec.training.model.architecture: this worker builds " + names +
                                  "; found \"" + architecture + "\""));
}

}  // namespace cresset::model::networks
