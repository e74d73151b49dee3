#pragma once
// users[].user.exec of a kubeconfig as an ExecPlugin, with what the plugin is told about the
// cluster (KUBERNETES_EXEC_INFO). Pure; any thread. Private to this folder.

#include "operator/kube/client/exec_plugin.h"
#include "operator/kube/client/kubeconfig_section.h"

namespace cresset::kube {

// `cluster` is the section that `config` was filled from.
base::Result<ExecPlugin> read_exec(const Section& user, const Section& cluster,
                                   const ClusterConfig& config);

}  // namespace cresset::kube
