#include "worker/model/networks/script_module.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <array>
#include <set>
#include <sstream>
#include <unordered_set>

#include "worker/model/networks/limits.h"

namespace cresset::model::networks {

using base::Result;
namespace jit = torch::jit;

namespace {

// Beyond arithmetic: files, processes, other machines.
constexpr std::array<std::string_view, 7> kRefused{
    "aten::save",       "aten::from_file", "prim::rpc_async", "prim::rpc_sync",
    "prim::rpc_remote", "prim::PythonOp",  "prim::fork"};
constexpr std::array<std::string_view, 2> kAllowed{"aten", "prim"};

bool is_allowed(const c10::Symbol& operation) {
  const std::string_view name = operation.toQualString();
  if (std::find(kRefused.begin(), kRefused.end(), name) != kRefused.end()) return false;
  const auto space = name.substr(0, name.find(':'));
  return std::find(kAllowed.begin(), kAllowed.end(), space) != kAllowed.end();
}

Result<void> check_block(const jit::Block& block) {
  for (const jit::Node* node : block.nodes()) {
    if (!is_allowed(node->kind()))
      return base::fail(base::invalid("its code asks for " +
                                      std::string(node->kind().toQualString()) +
                                      "; allowed are operators of aten and prim that compute"));
    for (const jit::Block* inner : node->blocks()) CRESSET_CHECK(check_block(*inner));
  }
  return {};
}

// All that it could call was compiled with it.
Result<void> check_code(const jit::Module& module) {
  for (const jit::Function* function : module._ivalue()->compilation_unit()->get_functions()) {
    if (!function->isGraphFunction()) continue;
    CRESSET_CHECK(check_block(*jit::toGraphFunction(*function).graph()->block()));
  }
  return {};
}

void gather(const jit::Module& module, Script& script) {
  std::unordered_set<const void*> seen;
  const auto add = [&](const std::string& name, const at::Tensor& tensor) {
    if (!tensor.defined() || !seen.insert(tensor.unsafeGetTensorImpl()).second) return;
    script.names.push_back(name);
    script.tensors.push_back(tensor);
  };
  for (const auto& one : module.named_parameters()) add(one.name, one.value);
  for (const auto& one : module.named_buffers()) add(one.name, one.value);
}

Result<void> check_tensor(const std::string& name, const at::Tensor& tensor) {
  static const std::set<at::ScalarType> kTypes{at::kFloat, at::kDouble, at::kBFloat16, at::kHalf,
                                               at::kLong};
  if (tensor.layout() == at::kStrided && tensor.is_cpu() && kTypes.contains(tensor.scalar_type()))
    return {};
  return base::fail(base::invalid("its tensor " + name + " is of type " +
                                  c10::toString(tensor.scalar_type()) +
                                  "; allowed are float, double, bfloat16, half and long, neither "
                                  "sparse nor quantized"));
}

// What code_of() made of each tensor.
at::Tensor placeholder(const at::Tensor& of) {
  return at::zeros({}, of.options().requires_grad(false)).expand(of.sizes());
}

bool is_placeholder(const at::Tensor& tensor) {
  const auto strides = tensor.strides();
  return std::all_of(strides.begin(), strides.end(), [](int64_t one) { return one == 0; });
}

Result<void> take_tensors(Script& script) {
  gather(script.module, script);
  double values = 0;
  for (size_t i = 0; i < script.tensors.size(); ++i) {
    CRESSET_CHECK(check_tensor(script.names[i], script.tensors[i]));
    values += static_cast<double>(script.tensors[i].numel());
  }
  if (values > kMaxParameters)
    return base::fail(base::invalid("it has more than 4294967296 numbers, which is the most"));
  script.has_weights = !std::all_of(script.tensors.begin(), script.tensors.end(), is_placeholder);
  for (auto& tensor : script.tensors) tensor.set_data(tensor.detach().contiguous());
  return {};
}

}  // namespace

std::string reason_of(const std::exception& error) {
  const auto* of_torch = dynamic_cast<const c10::Error*>(&error);
  std::istringstream text(of_torch != nullptr ? of_torch->what_without_backtrace() : error.what());
  std::string reason, line;
  while (std::getline(text, line))  // but for "   ~~~~ <--- HERE"
    if (line.find_first_not_of(" \t~<-HER") != std::string::npos) reason = line;
  return reason.substr(0, 400);
}

Result<Script> load_script(const std::string& bytes) {
  Script script;
  try {
    std::istringstream in(bytes);
    script.module = jit::load(in, at::kCPU, /*load_debug_files=*/false);
    CRESSET_CHECK(check_code(script.module));
    CRESSET_CHECK(take_tensors(script));
  } catch (const std::bad_alloc&) {
    return base::fail(base::invalid("it does not fit into memory"));
  } catch (const std::exception& error) {
    return base::fail(base::invalid("libtorch cannot load it: " + reason_of(error)));
  }
  return script;
}

std::string code_of(const Script& script) {
  std::vector<at::Tensor> held;
  for (at::Tensor tensor : script.tensors) {
    held.push_back(tensor.detach());
    tensor.set_data(placeholder(tensor));
  }
  std::ostringstream out;
  script.module.save(out);
  for (size_t i = 0; i < held.size(); ++i) at::Tensor(script.tensors[i]).set_data(held[i]);
  return std::move(out).str();
}

}  // namespace cresset::model::networks
