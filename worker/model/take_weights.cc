// take_weights() and freeze() of start.h.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <map>
#include <set>

#include "crds/worker_contract/architectures.h"
#include "worker/data/core/columns.h"
#include "worker/data/core/glob.h"
#include "worker/model/start.h"
#include "worker/model/tensors.h"

namespace cresset::model {

using base::Result;
using worker_contract::ModelSpec;

namespace {

constexpr char kFreezeField[] = "spec.training.model.freeze";

using Held = std::map<std::string, SafeTensor>;

std::string renamed(const std::string& name, const std::vector<worker_contract::Rename>& renames) {
  for (const auto& [from, to] : renames)
    if (name.starts_with(from)) return to + name.substr(from.size());
  return name;
}

// By the names that they have in the network.
Result<Held> held_by(std::string_view bytes, const ModelSpec& spec) {
  CRESSET_TRY(entries, decode_safetensors(bytes));
  Held held;
  for (auto& entry : entries) {
    const std::string name = renamed(entry.name, spec.rename);
    const std::string first = entry.name;
    const auto [at, added] = held.emplace(name, std::move(entry));
    if (!added)
      return base::fail(base::invalid("spec.training.model.rename gives both \"" + at->second.name +
                                      "\" and \"" + first + "\" the name \"" + name + "\""));
  }
  return held;
}

base::Error missing(const std::string& name, const Held& held) {
  std::vector<std::string> names;
  for (const auto& [there, tensor] : held) names.push_back(there);
  return base::invalid("the tensor \"" + name + "\" is missing; there are " +
                       data::near_names(name, names) +
                       " (spec.training.model.rename gives them other names)");
}

bool below(const std::string& name, const std::string& layer) {
  return !layer.empty() && name.starts_with(layer + ".");
}

bool fits(const std::string& name, const at::Tensor& tensor, const Held& held) {
  const auto found = held.find(name);
  return found != held.end() && at::IntArrayRef(found->second.shape) == tensor.sizes();
}

// The layer of the classes if it begins anew.
Result<std::string> new_head_of(const Network& network, const ModelSpec& spec, const Held& held) {
  const std::string head = network.head();
  if (spec.head == "New" && head.empty())
    return base::fail(base::invalid("spec.training.model.head is New, but " + spec.architecture +
                                    " has no layer that is made for the classes" +
                                    (spec.architecture == worker_contract::kTorchScript
                                         ? "; spec.training.model.parameters.headLayer names one"
                                         : "")));
  const auto names = network.state_names();
  const auto tensors = network.state();
  bool fresh = spec.head == "New";
  for (size_t i = 0; i < names.size(); ++i)
    if (below(names[i], head) && !fits(names[i], tensors[i], held)) fresh = true;
  return fresh ? head : "";
}

}  // namespace

Result<std::string> take_weights(Network& network, const ModelSpec& spec, std::string_view bytes) {
  CRESSET_TRY(held, held_by(bytes, spec));
  CRESSET_TRY(new_head, new_head_of(network, spec, held));
  const auto names = network.state_names();
  const auto tensors = network.state();
  std::vector<std::pair<at::Tensor, at::Tensor>> copies;
  for (size_t i = 0; i < names.size(); ++i) {
    if (below(names[i], new_head)) continue;
    const auto found = held.find(names[i]);
    // Older files of weights lack it, and nothing is computed from it.
    if (found == held.end() && names[i].ends_with("num_batches_tracked")) continue;
    if (found == held.end()) return base::fail(missing(names[i], held));
    CRESSET_TRY(tensor, view_of(found->second, tensors[i]));
    copies.emplace_back(tensors[i], tensor);
  }
  at::NoGradGuard no_grad;
  for (auto& [into, from] : copies) into.detach().copy_(from);
  return new_head;
}

Result<void> freeze(Network& network, const std::vector<std::string>& globs,
                    const std::string& new_head) {
  const auto names = network.names();
  const auto parameters = network.parameters();
  std::set<size_t> frozen;
  for (size_t g = 0; g < globs.size(); ++g) {
    const std::string where = std::string(kFreezeField) + "[" + std::to_string(g) + "]";
    bool any = false;
    for (size_t i = 0; i < names.size(); ++i) {
      if (!data::glob_matches(globs[g], names[i])) continue;
      if (below(names[i], new_head))
        return base::fail(base::invalid(where + ": \"" + globs[g] + "\" matches " + names[i] +
                                        ", which begins anew and has to be learnt"));
      any = true;
      frozen.insert(i);
    }
    if (!any)
      return base::fail(base::invalid(where + ": \"" + globs[g] +
                                      "\" matches no parameter; the parameters are " +
                                      data::near_names(globs[g], names)));
  }
  if (!names.empty() && frozen.size() == names.size())
    return base::fail(base::invalid(std::string(kFreezeField) +
                                    " matches every parameter, and nothing is left to learn"));
  for (const size_t i : frozen) parameters[i].set_requires_grad(false);
  return {};
}

}  // namespace cresset::model
