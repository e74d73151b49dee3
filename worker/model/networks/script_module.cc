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

// Beyond arithmetic: files.
constexpr std::array<std::string_view, 2> kRefusedOfAten{"aten::save", "aten::from_file"};
// What a program consists of; others start tasks, call Python or other machines.
const std::set<std::string_view> kAllowedOfPrim{"abs",
                                                "annotate",
                                                "CallFunction",
                                                "CallMethod",
                                                "Constant",
                                                "CreateObject",
                                                "data",
                                                "device",
                                                "DictConstruct",
                                                "dtype",
                                                "Enter",
                                                "EnumName",
                                                "EnumValue",
                                                "Exit",
                                                "GetAttr",
                                                "grad",
                                                "HasAttr",
                                                "If",
                                                "index",
                                                "is_cpu",
                                                "is_cuda",
                                                "is_ipu",
                                                "is_maia",
                                                "is_meta",
                                                "is_mkldnn",
                                                "is_mps",
                                                "is_mtia",
                                                "is_nested",
                                                "is_quantized",
                                                "is_sparse",
                                                "is_sparse_csr",
                                                "is_vulkan",
                                                "is_xla",
                                                "is_xpu",
                                                "isinstance",
                                                "itemsize",
                                                "layout",
                                                "ListConstruct",
                                                "ListUnpack",
                                                "Loop",
                                                "max",
                                                "min",
                                                "ModuleContainerIndex",
                                                "name",
                                                "nbytes",
                                                "NumToTensor",
                                                "Print",
                                                "RaiseException",
                                                "rangelist",
                                                "requires_grad",
                                                "SetAttr",
                                                "StringIndex",
                                                "tolist",
                                                "TupleConstruct",
                                                "TupleIndex",
                                                "TupleSlice",
                                                "TupleUnpack",
                                                "type",
                                                "unchecked_cast",
                                                "unchecked_unwrap_optional",
                                                "Uninitialized"};
constexpr size_t kMostRepeated = size_t{256} << 20;
constexpr std::string_view kClassesOfCpp = "__torch__.torch.classes.";

bool is_allowed(const c10::Symbol& operation) {
  if (operation.is_prim()) return kAllowedOfPrim.contains(operation.toUnqualString());
  return operation.is_aten() && std::find(kRefusedOfAten.begin(), kRefusedOfAten.end(),
                                          operation.toQualString()) == kRefusedOfAten.end();
}

using SeenTypes = std::unordered_set<const c10::Type*>;

// The first class of C++ that values of the type are, or have within them; "": none.
std::string class_of_cpp(const c10::Type& type, SeenTypes& seen) {
  if (!seen.insert(&type).second) return "";
  if (const auto named = type.cast<c10::NamedType>(); named && named->name())
    if (auto name = named->name()->qualifiedName(); name.starts_with(kClassesOfCpp)) return name;
  for (const auto& inner : type.containedTypes())
    if (auto name = class_of_cpp(*inner, seen); !name.empty()) return name;
  return "";
}

base::Failure asks_for(const std::string& what) {
  return base::fail(base::invalid("its code asks for " + what +
                                  "; allowed are operators of aten and prim that compute"));
}

Result<void> check_values(at::ArrayRef<const jit::Value*> values, SeenTypes& seen) {
  for (const jit::Value* value : values)
    if (const auto name = class_of_cpp(*value->type(), seen); !name.empty()) return asks_for(name);
  return {};
}

Result<void> check_block(const jit::Block& block, SeenTypes& seen) {
  CRESSET_CHECK(check_values(block.inputs(), seen));
  for (const jit::Node* node : block.nodes()) {
    if (!is_allowed(node->kind())) return asks_for(node->kind().toQualString());
    CRESSET_CHECK(check_values(node->outputs(), seen));
    for (const jit::Block* inner : node->blocks()) CRESSET_CHECK(check_block(*inner, seen));
  }
  return {};
}

// All that it could call was compiled with it.
Result<void> check_code(const jit::Module& module) {
  SeenTypes seen;
  for (const jit::Function* function : module._ivalue()->compilation_unit()->get_functions()) {
    if (!function->isGraphFunction()) continue;
    CRESSET_CHECK(check_block(*jit::toGraphFunction(*function).graph()->block(), seen));
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
                                               at::kLong,  at::kInt,    at::kByte,     at::kBool};
  if (tensor.layout() == at::kStrided && tensor.is_cpu() && kTypes.contains(tensor.scalar_type()))
    return {};
  return base::fail(base::invalid("its tensor " + name + " is of type " +
                                  c10::toString(tensor.scalar_type()) +
                                  "; allowed are float, double, bfloat16, half, long, int, uint8 "
                                  "and bool, neither sparse nor quantized"));
}

// What code_of() made of each tensor.
at::Tensor placeholder(const at::Tensor& of) {
  return at::zeros({}, of.options().requires_grad(false)).expand(of.sizes());
}

bool is_placeholder(const at::Tensor& tensor) {
  for (int64_t i = 0; i < tensor.dim(); ++i)
    if (tensor.size(i) > 1 && tensor.stride(i) != 0) return false;
  return tensor.numel() == 0 || tensor.detach().flatten()[0].item().toDouble() == 0;
}

// Numbers that a file holds once may be many of a tensor's.
Result<void> check_memory(const Script& script, size_t file_bytes) {
  double values = 0, bytes = 0;
  for (const auto& tensor : script.tensors) {
    values += static_cast<double>(tensor.numel());
    bytes += static_cast<double>(tensor.nbytes());
  }
  if (values > kMaxParameters)
    return base::fail(base::invalid("it has more than 4294967296 numbers, which is the most"));
  if (script.has_weights && bytes > static_cast<double>(file_bytes + kMostRepeated))
    return base::fail(base::invalid(
        "its tensors take more than 256 MiB beyond its file: expanded ones repeat their numbers; "
        "call contiguous() on what they repeat later, in forward"));
  return {};
}

Result<void> take_tensors(Script& script, size_t file_bytes) {
  gather(script.module, script);
  for (size_t i = 0; i < script.tensors.size(); ++i)
    CRESSET_CHECK(check_tensor(script.names[i], script.tensors[i]));
  script.has_weights = script.tensors.empty() ||
                       !std::all_of(script.tensors.begin(), script.tensors.end(), is_placeholder);
  CRESSET_CHECK(check_memory(script, file_bytes));
  if (script.has_weights) give_memory(script);
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
    CRESSET_CHECK(take_tensors(script, bytes.size()));
  } catch (const std::bad_alloc&) {
    return base::fail(base::invalid("it does not fit into memory"));
  } catch (const std::exception& error) {
    return base::fail(base::invalid("libtorch cannot load it: " + reason_of(error)));
  }
  return script;
}

void give_memory(Script& script) {
  for (auto& tensor : script.tensors) tensor.set_data(tensor.detach().contiguous());
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
