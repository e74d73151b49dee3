#pragma once
// Thrown by the forward of a user's module (torchscript) when the module fails on samples or
// answers something else than when it was tried: invalid input, not a defect of ours. It says what
// happened, without a field's name. A value.

#include <stdexcept>

namespace cresset::model::networks {

struct ModuleFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace cresset::model::networks
