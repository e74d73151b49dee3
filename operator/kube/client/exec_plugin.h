#pragma once
// ExecPlugin: users[].user.exec of a kubeconfig, a program that prints credentials
// (client.authentication.k8s.io v1 and v1beta1), and how such a program is run: in a process group
// of its own, without a terminal, with limits on time and output. Whatever happens, the whole group
// is killed before `run_plugin` returns. Blocks the calling thread; any thread.
//
//   CRESSET_TRY(printed, run_plugin(plugin, {}, stop));   // what it wrote before it exited with 0

#include <chrono>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "operator/base/result.h"

namespace cresset::kube {

struct ExecPlugin {
  std::string where;  // FILE: users["me"].user.exec
  std::string api_version;
  std::string command;  // a name for the PATH, or a path
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;  // over our own
  std::string info;                                              // KUBERNETES_EXEC_INFO
  std::string install_hint;

  // the credential plugin "aws" (FILE: users["me"].user.exec)
  std::string name() const;
};

struct PluginLimits {
  std::chrono::milliseconds time{30000};
  size_t output_bytes = 1 << 20;  // of standard output and of standard error, each
};

base::Result<std::string> run_plugin(const ExecPlugin& plugin, const PluginLimits& limits,
                                     std::stop_token stop);

}  // namespace cresset::kube
