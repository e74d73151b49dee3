#pragma once
// How to reach a cluster: from a kubeconfig file or from the pod's service account. A value;
// loading reads files. Tokens, CA bundles and client certificate that came from files are re-read
// by the Client, so that rotation needs no restart. What cannot be honoured (auth providers,
// passwords, impersonation, proxies but http://) gives an Error that names file and field. Secrets
// are never logged: the struct has no printer on purpose.
//
//   CRESSET_TRY(config, kube::load_config(flags.kubeconfig));

#include <optional>
#include <string>

#include "operator/base/result.h"
#include "operator/kube/client/exec_plugin.h"
#include "operator/net/client/proxy.h"

namespace cresset::kube {

struct ClusterConfig {
  std::string server;  // https://host:port, perhaps with a path, no slash at the end
  std::string ca_pem;
  std::string ca_file;  // where ca_pem came from, to be read again
  // Trusted beside ca_pem, or beside the system's store when there is none.
  std::string extra_ca_pem;
  std::string extra_ca_file;  // as ca_file
  std::string tls_server_name;
  bool insecure_skip_verify = false;
  std::string token;
  std::string token_file;  // wins over token
  std::string certificate_pem;
  std::string key_pem;
  std::string certificate_file;  // as ca_file
  std::string key_file;
  std::optional<ExecPlugin> exec;  // instead of token and certificate
  std::optional<net::Proxy> proxy;
  std::string default_namespace = "default";
};

// All of these take the proxy of the environment (HTTPS_PROXY, NO_PROXY) where the file names none.

// `path` may name several files with ':' between them: of entries with the same name the first
// wins, as with kubectl. Paths inside a file are relative to its folder.
base::Result<ClusterConfig> config_from_kubeconfig(const std::string& path,
                                                   const std::string& context = "");
// ca.crt, token and namespace in `folder`, and KUBERNETES_SERVICE_HOST/PORT.
base::Result<ClusterConfig> config_from_pod(
    const std::string& folder = "/var/run/secrets/kubernetes.io/serviceaccount");
// `path` if given, else KUBECONFIG, else the pod's account, else ~/.kube/config.
base::Result<ClusterConfig> load_config(const std::string& path = "");

// Trusts the certificates of `file` too, unless it is "". The Error names `flag`, which gave it.
base::Result<void> add_extra_cas(ClusterConfig& config, const std::string& flag,
                                 const std::string& file);

}  // namespace cresset::kube
