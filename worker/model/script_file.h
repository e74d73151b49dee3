#pragma once
// What is looked at of a TorchScript file before libtorch is given it: that it is a whole zip
// archive, of the shape that torch.jit writes, out of which libtorch reads what was looked at, that
// its contents are not much more than the file, that it is a module, and that nothing of its code
// would run while it is loaded (script_code.h). Functions; pure.

#include <string>

#include "operator/base/result.h"

namespace cresset::model {

// Errors say what is wrong with the file, without its place.
base::Result<void> check_script_file(const std::string& bytes);

// The tensors of the module as safetensors, by the names that they have in Python. What holds code
// alone (networks/script_module.h) is refused.
base::Result<std::string> weights_of_script(const std::string& bytes);

}  // namespace cresset::model
