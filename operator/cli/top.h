#pragma once
// `cresset get` and `cresset top`: the TrainingJobs and ModelServices of a namespace, or of all, as
// tables: once, or again every two seconds over the last ones until it is ended. It only lists,
// with the rights of whom the kubeconfig names. Blocks; called from main.
//
//   return cli::top_command({.all_namespaces = true, .once = true});

#include <string>

#include "operator/cli/top_table.h"
#include "operator/kube/client/client.h"

namespace cresset::cli {

struct TopOptions {
  std::string kubeconfig;
  std::string extra_ca_file;
  std::string ns;  // "": the kubeconfig's
  bool all_namespaces = false;
  bool once = false;
};

// As cluster.h tells.
int top_command(const TopOptions& options);

// Ordered by namespace and name. `ns` "": of all.
base::Result<Shown> list_shown(kube::Api& api, const std::string& ns);

}  // namespace cresset::cli
