#include "operator/cli/cluster.h"

namespace cresset::cli {

base::Result<kube::ClusterConfig> cluster_of(const std::string& kubeconfig,
                                             const std::string& extra_ca_file) {
  CRESSET_TRY(config, kube::load_config(kubeconfig));
  CRESSET_CHECK(kube::add_extra_cas(config, "--extra-ca-file", extra_ca_file));
  return config;
}

}  // namespace cresset::cli
