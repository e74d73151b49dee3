#include "operator/kube/client/config.h"

#include <filesystem>

#include "operator/base/address.h"
#include "operator/base/file.h"
#include "operator/kube/client/kubeconfig.h"
#include "operator/kube/client/pem.h"
#include "operator/net/client/http_client.h"

namespace cresset::kube {

namespace {

constexpr const char* kHostVariable = "KUBERNETES_SERVICE_HOST";

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

}  // namespace

base::Result<ClusterConfig> config_from_pod(const std::string& folder) {
  const auto host = base::environment(kHostVariable);
  const auto port = base::environment("KUBERNETES_SERVICE_PORT");
  if (!host || !port)
    return base::fail(base::not_found(
        "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this is no pod"));
  ClusterConfig config;
  config.server = "https://" + base::host_and_port(*host, *port);
  config.ca_file = folder + "/ca.crt";
  CRESSET_TRY(ca, base::read_file(config.ca_file));
  config.ca_pem = std::move(ca);
  config.token_file = folder + "/token";
  CRESSET_TRY(token, base::read_file(config.token_file));
  if (trimmed(token).empty())
    return base::fail(base::invalid(config.token_file + " is empty; a token is required"));
  if (const auto ns = base::read_file(folder + "/namespace"); ns && !trimmed(*ns).empty())
    config.default_namespace = trimmed(*ns);
  return by_the_usual_proxy(std::move(config), net::proxy_variables());
}

base::Result<ClusterConfig> load_config(const std::string& path) {
  if (!path.empty()) return config_from_kubeconfig(path);
  if (const auto named = base::environment("KUBECONFIG")) return config_from_kubeconfig(*named);
  if (base::environment(kHostVariable)) return config_from_pod();
  const auto home = base::environment("HOME");
  const std::string usual = home.value_or("") + "/.kube/config";
  if (std::filesystem::exists(usual)) return config_from_kubeconfig(usual);
  return base::fail(
      base::not_found("no cluster is configured: give --kubeconfig, set KUBECONFIG, "
                      "write " +
                      usual + ", or run in a pod"));
}

base::Result<void> add_extra_cas(ClusterConfig& config, const std::string& flag,
                                 const std::string& file) {
  if (file.empty()) return {};
  auto bundle = read_pem(file);
  if (!bundle) return base::fail(base::invalid(flag + ": " + bundle.error().message()));
  if (const auto usable = net::check_tls({.ca_pem = *bundle}); !usable)
    return base::fail(base::invalid(flag + ": " + file + ": " + usable.error().message()));
  config.extra_ca_pem = std::move(*bundle);
  config.extra_ca_file = file;
  return {};
}

}  // namespace cresset::kube
