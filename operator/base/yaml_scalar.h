#pragma once
// A plain (unquoted) YAML scalar as JSON, by YAML's core schema as Kubernetes reads it: null, true
// and false, integers, numbers, else text. Knows no YAML library. Pure; any thread.
//
//   yaml_scalar("300m");   // "300m"
//   yaml_scalar("3");      // 3

#include <string>

#include "operator/base/json.h"

namespace cresset::base {

Json yaml_scalar(const std::string& text);

}  // namespace cresset::base
