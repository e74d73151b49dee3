// torchscript: a module of the user's own, as torch.jit saved it. What it takes and answers is
// tried here, on two rows of zeros; its layers have the names that they have in Python.
#include <ATen/core/grad_mode.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/nn/module.h>

#include <cmath>
#include <new>
#include <unordered_set>

#include "worker/model/networks/builder.h"
#include "worker/model/networks/limits.h"
#include "worker/model/networks/module_failed.h"
#include "worker/model/networks/script_module.h"

namespace cresset::model::networks {

using base::Result;
using worker_contract::ModelSpec;
namespace jit = torch::jit;
namespace nn = torch::nn;

namespace {

constexpr char kUriField[] = "spec.training.model.uri";
constexpr char kHeadField[] = "spec.training.model.parameters.headLayer";
constexpr char kShapesFrom[] =
    " (spec.training.preprocess gives samples their shape, "
    "spec.training.model.parameters.headLayer names the layer that is made for the classes)";
constexpr int64_t kRowsToTry = 2;
constexpr size_t kLayersToName = 5;

// The module, or one of its layers, as torch's C++ knows layers: the same tensors by their names.
struct Layer : nn::Module {
  Layer(const jit::Module& of, std::unordered_set<const void*>& seen) : inner(of) {
    const auto is_new = [&](const at::Tensor& tensor) {
      return seen.insert(tensor.unsafeGetTensorImpl()).second;
    };
    for (const auto& one : of.named_parameters(/*recurse=*/false))
      if (is_new(one.value)) register_parameter(one.name, one.value, one.value.requires_grad());
    for (const auto& one : of.named_buffers(/*recurse=*/false))
      if (is_new(one.value)) register_buffer(one.name, one.value);
    for (const auto& one : of.named_children())
      register_module(one.name, std::make_shared<Layer>(one.value, seen));
  }
  void train(bool on) override {
    nn::Module::train(on);
    if (inner.hasattr("training")) inner.setattr("training", on);
  }
  jit::Module inner;
};

base::Error wrong(const std::string& why) {
  return base::invalid(std::string(kUriField) + ": the TorchScript module " + why);
}

std::string words(at::IntArrayRef shape) {
  std::string text;
  for (const int64_t size : shape) text += (text.empty() ? "[" : ", ") + std::to_string(size);
  return shape.empty() ? "[]" : text + "]";
}

// Operators one by one: fused ones would be others after some passes, and so bits would be.
jit::IValue call(jit::Module& module, const at::Tensor& samples) {
  const jit::GraphOptimizerEnabledGuard plain(false);
  return module.forward({samples});
}

at::Tensor* find(Script& script, const std::string& name) {
  const auto found = std::find(script.names.begin(), script.names.end(), name);
  return found == script.names.end()
             ? nullptr
             : &script.tensors[static_cast<size_t>(found - script.names.begin())];
}

base::Error no_layer(const std::string& layer, const Script& script) {
  std::string last;
  size_t named = 0;
  for (size_t i = script.names.size(); i-- > 0 && named < kLayersToName;) {
    if (!script.names[i].ends_with(".weight") || script.tensors[i].dim() < 2) continue;
    last += (named++ > 0 ? ", " : "") + script.names[i].substr(0, script.names[i].rfind('.'));
  }
  return base::invalid(std::string(kHeadField) + ": the module has no layer \"" + layer +
                       "\" with a weight [classes, …]; its last ones are " + last);
}

// The layer begins anew, with as many rows as there are classes, as PyTorch's Linear and Conv do.
Result<bool> begin_head(Script& script, const std::string& layer, int64_t classes) {
  at::Tensor* weight = find(script, layer + ".weight");
  at::Tensor* bias = find(script, layer + ".bias");
  if (weight == nullptr || weight->dim() < 2) return base::fail(no_layer(layer, script));
  for (const at::Tensor* one : {weight, bias})
    if (one != nullptr && one->scalar_type() != at::kFloat)
      return base::fail(base::invalid(std::string(kHeadField) + ": the layer \"" + layer +
                                      "\" has a tensor of type " +
                                      c10::toString(one->scalar_type()) + "; allowed is float"));
  const int64_t rows = weight->size(0);
  auto shape = weight->sizes().vec();
  shape[0] = classes;
  const double bound = 1 / std::sqrt(static_cast<double>(std::max<int64_t>(weight->numel(), 1)) /
                                     static_cast<double>(std::max<int64_t>(rows, 1)));
  const auto options = weight->options().requires_grad(false);
  weight->set_data(at::empty(shape, options).uniform_(-bound, bound));
  weight->set_requires_grad(true);
  if (bias != nullptr && bias->dim() == 1) {
    bias->set_data(at::empty({classes}, options).uniform_(-bound, bound));
    bias->set_requires_grad(true);
  }
  return rows != classes;
}

// What is the machine's fault and not the module's, by its words: the interpreter says all errors
// as one type. Called where `error` is caught.
void rethrow_if_of_the_machine(const std::exception& error) {
  const std::string_view text = error.what();
  for (const char* word : {"bad_alloc", "DefaultCPUAllocator"})
    if (text.find(word) != std::string_view::npos) throw std::bad_alloc();
  if (const size_t at = text.find("CUDA out of memory"); at != std::string_view::npos)
    TORCH_CHECK_WITH(OutOfMemoryError, false, text.substr(at, text.find('\n', at) - at));
  if (text.find("CUDA error") != std::string_view::npos) throw;
}

jit::IValue call_or_fail(jit::Module& module, const at::Tensor& samples) {
  try {
    return call(module, samples);
  } catch (const std::exception& error) {
    rethrow_if_of_the_machine(error);
    throw ModuleFailed("the TorchScript module fails on " + std::to_string(samples.size(0)) +
                       " samples of shape " + words(samples.sizes().slice(1)) + ": " +
                       reason_of(error));
  }
}

// Throws ModuleFailed.
at::Tensor answer(jit::Module& module, const at::Tensor& samples, int64_t classes) {
  const int64_t rows = samples.size(0);
  const std::string allowed = "; allowed is a tensor of floats [rows, " + std::to_string(classes) +
                              "], a number for each class or target";
  const auto given = call_or_fail(module, samples);
  if (!given.isTensor())
    throw ModuleFailed("the TorchScript module answers a " + given.tagKind() + allowed);
  const auto& tensor = given.toTensor();
  const std::vector<int64_t> wanted{rows, classes};
  if (tensor.is_floating_point() && tensor.sizes() == at::IntArrayRef(wanted)) return tensor;
  throw ModuleFailed("the TorchScript module answers " +
                     std::string(c10::toString(tensor.scalar_type())) + " " +
                     words(tensor.sizes()) + " of " + std::to_string(rows) + " rows" + allowed);
}

Result<at::Tensor> first_answer(Layer& layer, const Task& task) {
  layer.eval();
  std::vector<int64_t> shape{kRowsToTry};
  shape.insert(shape.end(), task.sample_shape.begin(), task.sample_shape.end());
  try {
    return answer(layer.inner, at::zeros(shape), task.classes);
  } catch (const ModuleFailed& error) {
    return base::fail(base::invalid(std::string(kUriField) + ": " + error.what() + kShapesFrom));
  }
}

// Which parameters take part in an answer is another matter in training, and for other rows.
Result<void> try_out(Layer& layer, const Task& task) {
  const at::AutoGradMode with_gradients(true);
  CRESSET_TRY(answered, first_answer(layer, task));
  if (!answered.requires_grad())
    return base::fail(
        wrong("has no parameter that is learnt and that its answer comes from; torch.jit.freeze "
              "makes constants of them, requires_grad_(False) leaves them as they are"));
  return {};
}

Result<void> check_learnable(const Layer& layer) {
  for (const auto& one : layer.named_parameters())
    if (one.value().scalar_type() != at::kFloat)
      return base::fail(wrong("has the parameter " + one.key() + " of type " +
                              c10::toString(one.value().scalar_type()) +
                              "; allowed is float: call float() before it is saved"));
  return {};
}

Result<Layers> build_layers(const ModelSpec& spec, const Task& task) {
  auto script = load_script(task.script);
  if (!script) return base::fail(wrong("is not usable: " + script.error().message()));
  bool changed = script->has_weights;
  if (!script->has_weights) give_memory(*script);
  if (!spec.head_layer.empty()) {
    CRESSET_TRY(resized, begin_head(*script, spec.head_layer, task.classes));
    changed = changed || resized;
  }
  std::unordered_set<const void*> seen;
  auto layer = std::make_shared<Layer>(script->module, seen);
  CRESSET_CHECK(check_learnable(*layer));
  CRESSET_CHECK(try_out(*layer, task));
  layer->train(true);
  const auto forward = [layer, classes = task.classes](const at::Tensor& samples) {
    return answer(layer->inner, samples, classes);
  };
  return Layers{.module = layer,
                .forward = forward,
                .head = spec.head_layer,
                .check = {},
                .code = changed ? code_of(*script) : task.script};
}

}  // namespace

Result<Layers> build_torchscript(const ModelSpec& spec, const Task& task) {
  try {
    return build_layers(spec, task);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    rethrow_if_of_the_machine(error);
    return base::fail(wrong("is not usable: " + reason_of(error)));
  }
}

}  // namespace cresset::model::networks
