#pragma once
// A kubeconfig out of texts, for config_from_kubeconfig, which reads the files, and for tests that
// have none. Pure but for what `read` does; any thread.

#include <functional>
#include <string>
#include <vector>

#include "operator/kube/client/config.h"

namespace cresset::kube {

struct KubeconfigFile {
  std::string name;  // for errors, and for the paths in it, which are relative to its folder
  std::string text;
};
// The certificates and keys that it names.
using ReadFile = std::function<base::Result<std::string>(const std::string& path)>;

// With the proxy that the environment names, unless it has one.
base::Result<ClusterConfig> by_the_usual_proxy(ClusterConfig config,
                                               const net::ProxyVariables& variables);
base::Result<ClusterConfig> parse_kubeconfig(const std::vector<KubeconfigFile>& files,
                                             const std::string& context, const ReadFile& read);

}  // namespace cresset::kube
