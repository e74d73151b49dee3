#pragma once
// YAML as JSON, with a limit on depth and on nodes, so that neither nesting nor aliases explode.
// For what plugins print and for what a kubeconfig passes on to them; errors quote nothing of the
// text, which may be a secret. Pure; any thread. Private to this folder: includes yaml-cpp.

#include <yaml-cpp/yaml.h>

#include <string>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::kube {

base::Result<base::Json> json_of(const YAML::Node& node);
// JSON or YAML (of which JSON is nearly a part).
base::Result<base::Json> parse_json_or_yaml(const std::string& text);

}  // namespace cresset::kube
