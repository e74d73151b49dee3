#pragma once
// What a worker's process was told, read once from the environment (worker_contract/names.h) and
// never changed: the configuration, who this pod is, and where the operator is found. Errors name
// the variable, what was found and what is allowed. No files, no flags, no network; call it before
// threads start (getenv).

#include <string>

#include "crds/worker_contract/worker_config.h"
#include "operator/base/result.h"

namespace cresset::config {

struct WorkerEnvironment {
  worker_contract::WorkerConfig config;
  int worker_index = 0;
  std::string pod_name;
  std::string pod_uid;
  std::string pod_ip = "127.0.0.1";
  std::string coordination_url;  // "": nobody to ask, one round by hand (`cresset run`)
  std::string coordination_ca;   // PEM
};

base::Result<WorkerEnvironment> read_worker_environment();
base::Result<worker_contract::ServeConfig> read_serve_environment();

}  // namespace cresset::config
