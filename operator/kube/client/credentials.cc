#include "operator/kube/client/credentials.h"

namespace cresset::kube {

Credentials::Credentials(const ClusterConfig& config, std::chrono::milliseconds patience,
                         base::Clock& clock, base::Log log)
    : token_(config.token, config.token_file, clock), log_(std::move(log)) {
  if (!config.exec) return;
  plugin_.emplace(*config.exec, clock, [plugin = *config.exec, patience](std::stop_token stop) {
    return run_plugin(plugin, {.time = patience}, std::move(stop));
  });
}

base::Result<Credential> Credentials::current(std::stop_token stop) {
  if (plugin_) return plugin_->current(std::move(stop));
  return Credential{.token = token_.current()};
}

bool Credentials::refused(const Credential& credential, std::stop_token stop) {
  if (!plugin_) return token_.refused(credential.token);
  const auto renewed = plugin_->refused(credential, std::move(stop));
  if (!renewed && !base::is_cancelled(renewed.error()))
    log_.warn("a refused credential cannot be renewed", {{"error", renewed.error().message()}});
  return renewed && *renewed;
}

}  // namespace cresset::kube
