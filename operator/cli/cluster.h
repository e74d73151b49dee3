#pragma once
// What the commands that ask a cluster have in common: whom they ask, and by what they exit. Called
// from main's thread.
//
//   CRESSET_TRY(config, cli::cluster_of(options.kubeconfig, options.extra_ca_file));

#include <string>

#include "operator/kube/client/config.h"

namespace cresset::cli {

constexpr int kDone = 0;
constexpr int kNotDone = 1;      // the API server did not answer or refused, or not all was there
constexpr int kNobodyToAsk = 2;  // there is no cluster to ask

// "" for each: what kube::load_config finds, and no further CA.
base::Result<kube::ClusterConfig> cluster_of(const std::string& kubeconfig,
                                             const std::string& extra_ca_file);

}  // namespace cresset::cli
