#pragma once
// What a worker's process exits with for an error: whether trying again can help. Pure.

#include "operator/base/error.h"

namespace cresset::train {

int exit_code_for(const base::Error& error);

}  // namespace cresset::train
