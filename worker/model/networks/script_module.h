#pragma once
// A TorchScript module as somebody saved it: made of the bytes of its file, its tensors by name,
// and the file again without what they hold. Trusts nothing that can be checked: what its code may
// ask for (nothing that reads or writes files, calls other machines or is a class of C++), the
// types of its tensors, their number and the memory that they take. No sandbox: whoever finds an
// error in libtorch's own operators has the process. Private to this folder and worker/model.
// Values; the caller owns them.
//
//   CRESSET_TRY(script, load_script(bytes));   // bytes: looked at by worker/model/script_file.h
//   script.module.forward({samples});

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "operator/base/result.h"

namespace cresset::model::networks {

struct Script {
  torch::jit::Module module;
  // Parameters, then buffers, each once, by the first of its names; contiguous and in memory,
  // where it has weights.
  std::vector<std::string> names;
  std::vector<at::Tensor> tensors;
  bool has_weights = true;  // false: it is what code_of() made, and all of them are 0
};

// Errors say what is wrong with the module, without its place.
base::Result<Script> load_script(const std::string& bytes);
// Makes the tensors of one without weights contiguous, for others to be copied into.
void give_memory(Script& script);

// A file that load_script() reads, in which all tensors are there and none takes memory. The
// module is as before.
std::string code_of(const Script& script);

// The last line of what torch says, which is the reason; before it, it tells where.
std::string reason_of(const std::exception& error);

}  // namespace cresset::model::networks
