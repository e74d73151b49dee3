#pragma once
// What is looked at of the code of a TorchScript module before libtorch compiles it: that it is
// nested no deeper than libtorch's stack bears, and that nothing of it runs while it is loaded: no
// method that a loader calls, and no default value or constant of a class that is more than a
// literal, since libtorch computes these. Read by libtorch's own parser. Functions; pure.

#include <string>

#include "operator/base/result.h"

namespace cresset::model {

// `name`: of its file in the archive, which errors begin with.
base::Result<void> check_script_code(const std::string& name, const std::string& code);

// The error of code that runs while a module is loaded: `what` is found in the file `name`.
base::Error runs_while_loaded(const std::string& name, const std::string& what);

}  // namespace cresset::model
