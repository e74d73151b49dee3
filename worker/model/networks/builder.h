#pragma once
// The registry of the networks: who makes the layers of an architecture. The twin of
// crds/worker_contract/architectures.h, which is read where there is no libtorch; a test holds both
// to each other. An architecture is one file here and its entry in builder.cc. It checks the shape
// of a sample and the number of parameters before it allocates anything. Makes values; whoever
// holds them owns them.
//
//   CRESSET_TRY(build, find_builder(spec.architecture));
//   CRESSET_TRY(layers, build(spec, {.sample_shape = {1, 28, 28}, .classes = 10}));

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "crds/worker_contract/training_spec.h"
#include "operator/base/result.h"

namespace at {
class Tensor;
}
namespace torch::nn {
class Module;
}

namespace cresset::model::networks {

// What the data asks of a network.
struct Task {
  std::vector<int64_t> sample_shape;
  int64_t classes = 0;
  // torchscript: the file of the module, which somebody has looked at (worker/model/script_file.h).
  std::string script;
};

struct Layers {
  std::shared_ptr<torch::nn::Module> module;  // names, parameters, buffers
  // Of a user's module it throws ModuleFailed (module_failed.h).
  std::function<at::Tensor(const at::Tensor& samples)> forward;
  // The layer whose shape is that of the classes: its parameters are named HEAD.weight, HEAD.bias.
  // Empty: no layer is made for the classes.
  std::string head;
  // Above 0: each place of a sequence gets the logits of the token after it, out of so many.
  int64_t vocabulary = 0;
  // What the values of samples must be, beyond their shape; empty: anything.
  std::function<base::Result<void>(const at::Tensor& samples)> check;
  // torchscript: the module's file without its weights.
  std::string code;
};

// Weights come from torch's generator in the order in which PyTorch draws them. May throw what
// torch throws.
using Build = base::Result<Layers> (*)(const worker_contract::ModelSpec& spec, const Task& task);

// An error names spec.training.model.architecture and the known ones.
base::Result<Build> find_builder(const std::string& architecture);

base::Result<Layers> build_linear(const worker_contract::ModelSpec& spec, const Task& task);
base::Result<Layers> build_mlp(const worker_contract::ModelSpec& spec, const Task& task);
base::Result<Layers> build_cnn(const worker_contract::ModelSpec& spec, const Task& task);
base::Result<Layers> build_resnet(const worker_contract::ModelSpec& spec, const Task& task);
base::Result<Layers> build_transformer(const worker_contract::ModelSpec& spec, const Task& task);
base::Result<Layers> build_gpt(const worker_contract::ModelSpec& spec, const Task& task);
base::Result<Layers> build_torchscript(const worker_contract::ModelSpec& spec, const Task& task);

}  // namespace cresset::model::networks
