#include "worker/config/environment.h"

#include <charconv>

#include "crds/worker_contract/names.h"
#include "operator/base/file.h"
#include "operator/base/json.h"

namespace cresset::config {

using base::environment;
using base::Result;
namespace contract = worker_contract;

namespace {

Result<base::Json> read_config_json() {
  const auto text = environment(contract::kConfigEnv);
  if (!text)
    return base::fail(base::invalid(std::string(contract::kConfigEnv) +
                                    " is not set; it holds the configuration as JSON"));
  auto json = base::parse_json(*text);
  if (!json) return base::fail(json.error().with_context(contract::kConfigEnv));
  return json;
}

Result<int> read_index(int workers) {
  const std::string text = environment(contract::kWorkerIndexEnv).value_or("0");
  int index = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error == std::errc() && end == text.data() + text.size() && index >= 0) return index;
  return base::fail(base::invalid(
      std::string(contract::kWorkerIndexEnv) + ": found \"" + text +
      "\", allowed is a whole number from 0 (workers: " + std::to_string(workers) + ")"));
}

}  // namespace

Result<WorkerEnvironment> read_worker_environment() {
  WorkerEnvironment worker;
  CRESSET_TRY(json, read_config_json());
  auto config = contract::decode_worker_config(json);
  if (!config) return base::fail(config.error().with_context(contract::kConfigEnv));
  worker.config = std::move(*config);
  CRESSET_TRY(index, read_index(worker.config.workers));
  worker.worker_index = index;
  worker.pod_name = environment(contract::kPodNameEnv).value_or("");
  worker.pod_uid = environment(contract::kPodUidEnv).value_or("");
  worker.pod_ip = environment(contract::kPodIpEnv).value_or(worker.pod_ip);
  worker.coordination_url = environment(contract::kCoordinationUrlEnv).value_or("");
  worker.coordination_ca = environment(contract::kCoordinationCaEnv).value_or("");
  return worker;
}

Result<contract::ServeConfig> read_serve_environment() {
  CRESSET_TRY(json, read_config_json());
  auto config = contract::decode_serve_config(json);
  if (!config) return base::fail(config.error().with_context(contract::kConfigEnv));
  return config;
}

}  // namespace cresset::config
