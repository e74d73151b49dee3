#include "worker/model/network.h"

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <algorithm>

#include "crds/worker_contract/architectures.h"
#include "worker/model/networks/builder.h"
#include "worker/model/script_file.h"
#include "worker/model/tensors.h"

namespace cresset::model {

using base::Result;

namespace {

// Whether it has running statistics, and parameters none of which is learnt.
bool counts_only(const torch::nn::Module& module) {
  const auto parameters = module.parameters(/*recurse=*/false);
  return !module.buffers(/*recurse=*/false).empty() && !parameters.empty() &&
         std::none_of(parameters.begin(), parameters.end(),
                      [](const at::Tensor& one) { return one.requires_grad(); });
}

class LayeredNetwork : public Network {
 public:
  explicit LayeredNetwork(networks::Layers layers) : layers_(std::move(layers)) {}

  at::Tensor forward(const at::Tensor& samples) override { return layers_.forward(samples); }
  int64_t vocabulary() const override { return layers_.vocabulary; }
  Result<void> check(const at::Tensor& samples) const override {
    return layers_.check ? layers_.check(samples) : Result<void>();
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto& one : layers_.module->named_parameters())
      if (one.value().requires_grad()) names.push_back(one.key());
    return names;
  }
  std::vector<at::Tensor> parameters() const override {
    std::vector<at::Tensor> learnt;
    for (auto& one : layers_.module->parameters())
      if (one.requires_grad()) learnt.push_back(std::move(one));
    return learnt;
  }
  std::vector<at::Tensor> buffers() const override { return layers_.module->buffers(); }
  std::vector<std::string> state_names() const override {
    auto names = layers_.module->named_parameters().keys();
    for (auto& name : layers_.module->named_buffers().keys()) names.push_back(std::move(name));
    return names;
  }
  std::vector<at::Tensor> state() const override {
    auto tensors = layers_.module->parameters();
    for (auto& buffer : layers_.module->buffers()) tensors.push_back(std::move(buffer));
    return tensors;
  }
  std::string head() const override { return layers_.head; }
  std::string code() const override { return layers_.code; }
  void move_to(const c10::Device& device) override { layers_.module->to(device); }
  void set_training(bool training) override {
    layers_.module->train(training);
    for (const auto& module : layers_.module->modules())
      if (training && counts_only(*module)) module->eval();
  }

 private:
  networks::Layers layers_;
};

}  // namespace

int64_t Network::vocabulary() const { return 0; }
Result<void> Network::check(const at::Tensor&) const { return {}; }
std::string Network::head() const { return ""; }
std::string Network::code() const { return ""; }
std::vector<at::Tensor> Network::buffers() const { return {}; }
std::vector<std::string> Network::state_names() const { return names(); }
std::vector<at::Tensor> Network::state() const { return parameters(); }

Result<std::unique_ptr<Network>> build_network(const worker_contract::ModelSpec& spec,
                                               const std::vector<int64_t>& sample_shape,
                                               int64_t classes, uint64_t seed,
                                               const std::string& script) {
  at::manual_seed(seed);
  try {
    CRESSET_TRY(build, networks::find_builder(spec.architecture));
    if (spec.architecture == worker_contract::kTorchScript)
      if (auto checked = check_script_file(script); !checked)
        return base::fail(checked.error().with_context("spec.training.model.uri"));
    CRESSET_TRY(layers,
                build(spec, {.sample_shape = sample_shape, .classes = classes, .script = script}));
    return std::make_unique<LayeredNetwork>(std::move(layers));
  } catch (const std::bad_alloc&) {
    return base::fail(
        base::invalid("spec.training.model.parameters: the network does not fit into memory; use "
                      "smaller ones or raise spec.workers.resources.limits.memory"));
  } catch (const std::exception& error) {
    return base::fail(base::invalid(std::string("spec.training.model: ") + error.what()));
  }
}

std::string save_weights(const Network& network) {
  return encode_tensors(network.state_names(), network.state(), {{"format", "pt"}});
}

Files files_of(const Network& network) {
  Files files{{kWeightsFile, save_weights(network)}};
  if (auto code = network.code(); !code.empty()) files.emplace(kNetworkFile, std::move(code));
  return files;
}

Result<void> load_weights(Network& network, std::string_view bytes) {
  return decode_tensors(bytes, network.state_names(), network.state());
}

}  // namespace cresset::model
