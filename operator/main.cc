// `cresset`: reads the flags and hands over to one function a subcommand (main_*.cc). With them the
// only composition root: whatever these functions make lives as long as they run.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <random>

#include "operator/base/file.h"
#include "operator/cli/logs.h"
#include "operator/cli/run.h"
#include "operator/cli/top.h"
#include "operator/main_options.h"

namespace cresset {
namespace {

const std::map<std::string, base::LogLevel> kLogLevels = {{"debug", base::LogLevel::kDebug},
                                                          {"info", base::LogLevel::kInfo},
                                                          {"warn", base::LogLevel::kWarn},
                                                          {"error", base::LogLevel::kError}};

// Of a process that is no pod: unlike any other, because it holds the lease.
std::string own_name() {
  char host[256] = "operator";
  gethostname(host, sizeof host - 1);
  return std::string(host) + "-" + std::to_string(getpid()) + "-" +
         std::to_string(std::random_device{}());
}

void add_watch_namespace(CLI::App& command, std::vector<std::string>& namespaces) {
  command
      .add_option(kWatchNamespace, namespaces,
                  "Work in this namespace alone; may be given again. Else in the whole cluster")
      ->allow_extra_args(false);
}

void add_cluster(CLI::App& command, std::string& kubeconfig, std::string& extra_ca_file) {
  command.add_option("--kubeconfig", kubeconfig,
                     "Else $KUBECONFIG, the pod's account or ~/.kube/config");
  command.add_option(kExtraCaFile, extra_ca_file,
                     "PEM file with CAs that are trusted beside the cluster's; read again");
}

CLI::App* add_operator(CLI::App& app, OperatorOptions& options) {
  auto* command = app.add_subcommand("operator", "Reconciles TrainingJobs and ModelServices");
  options.ns = base::environment("POD_NAMESPACE").value_or("cresset-system");
  options.pod_name = base::environment("POD_NAME").value_or(own_name());
  options.pod_ip = base::environment("POD_IP").value_or("");
  command->add_option("--namespace", options.ns, "The operator's own namespace")
      ->capture_default_str();
  add_watch_namespace(*command, options.namespaces);
  add_cluster(*command, options.kubeconfig, options.extra_ca_file);
  command->add_option("--metrics-address", options.metrics_address, "/metrics, /healthz, /readyz")
      ->capture_default_str();
  command
      ->add_option("--coordination-address", options.coordination_address,
                   "Where workers and gateways report (TLS)")
      ->capture_default_str();
  command->add_option("--coordination-url", options.coordination_url,
                      "How worker pods reach --coordination-address");
  command
      ->add_option("--lease-seconds", options.lease_seconds,
                   "How long a leader that is not heard of stays the leader")
      ->check(CLI::Range(3, 600))
      ->capture_default_str();
  command->add_option("--gateway-url", options.gateway_url, "What ModelServices show as their URL");
  command->add_option("--worker-image", options.worker_image, "Image of CPU workers");
  command->add_option("--worker-cuda-image", options.worker_cuda_image,
                      "Image of workers that ask for GPUs");
  command->add_option("--image-pull-policy", options.image_pull_policy, "Of worker pods")
      ->check(CLI::IsMember({"Always", "IfNotPresent", "Never"}))
      ->capture_default_str();
  command->add_option("--log-level", options.log_level, "debug, info, warn or error")
      ->transform(CLI::CheckedTransformer(kLogLevels));
  return command;
}

CLI::App* add_gateway(CLI::App& app, GatewayFlags& flags) {
  auto* command = app.add_subcommand("gateway", "Routes requests to the replicas of ModelServices");
  flags.ns = base::environment("POD_NAMESPACE").value_or("cresset-system");
  flags.pod_name = base::environment("POD_NAME").value_or("cresset-gateway");
  add_cluster(*command, flags.kubeconfig, flags.extra_ca_file);
  command->add_option("--namespace", flags.ns, "The gateway's own namespace")
      ->capture_default_str();
  add_watch_namespace(*command, flags.namespaces);
  command->add_option("--address", flags.address, "Where it listens")->capture_default_str();
  command->add_option("--port", flags.port, "0 picks one")->capture_default_str();
  command->add_option("--leader-url", flags.leader_url,
                      "https://HOST:PORT of the operator, for load reports; empty sends none");
  command->add_option("--leader-ca", flags.leader_ca, "File with the CA of --leader-url");
  command->add_option("--token-file", flags.token_file,
                      "File with the own token, audience cresset");
  command
      ->add_option("--max-request-bytes", flags.max_request_bytes,
                   "Of any request; a service's own maxRequestBytes may be less")
      ->check(CLI::Range(1024, 256 << 20))
      ->capture_default_str();
  command->add_option("--buffer-bytes", flags.buffer_bytes, "Of requests that wait for a replica")
      ->capture_default_str();
  command->add_option("--buffer-seconds", flags.buffer_seconds, "How long one waits before 503")
      ->capture_default_str();
  command->add_option("--log-level", flags.log_level, "debug, info, warn or error")
      ->transform(CLI::CheckedTransformer(kLogLevels));
  return command;
}

CLI::App* add_run(CLI::App& app, cli::RunOptions& options) {
  auto* command = app.add_subcommand("run", "Trains a TrainingJob here, without a cluster");
  command->add_option("file", options.file, "The same YAML that kubectl apply takes")->required();
  command->add_option("--workers", options.workers, "Instead of spec.workers.count")
      ->check(CLI::Range(1, 64));
  return command;
}

CLI::App* add_top(CLI::App& app, const char* name, const char* help, cli::TopOptions& options) {
  auto* command = app.add_subcommand(name, help);
  auto* ns = command->add_option("-n,--namespace", options.ns, "Else that of the kubeconfig");
  command->add_flag("-A,--all-namespaces", options.all_namespaces, "Of the whole cluster")
      ->excludes(ns);
  add_cluster(*command, options.kubeconfig, options.extra_ca_file);
  return command;
}

CLI::App* add_logs(CLI::App& app, cli::LogsOptions& options) {
  auto* command = app.add_subcommand("logs", "Shows what a TrainingJob's workers wrote, merged");
  command->add_option("job", options.job, "Name of the TrainingJob")->required();
  command->add_option("-n,--namespace", options.ns, "Else that of the kubeconfig");
  command->add_flag("-f,--follow", options.follow, "Until the job ends, over restarts");
  command->add_option("--rank", options.rank, "Lines of this one alone")
      ->check(CLI::Range(0, 1000000));
  command->add_option("--since", options.since_seconds, "Lines of the last so many seconds alone")
      ->check(CLI::Range(1, 1000000000));
  command->add_flag("--raw", options.raw, "Lines as they were written, without their rank");
  add_cluster(*command, options.kubeconfig, options.extra_ca_file);
  return command;
}

int run(int argc, char** argv) {
  CLI::App app("Cresset: models trained, served and scaled on Kubernetes", "cresset");
  app.set_version_flag("--version", CRESSET_VERSION);
  app.require_subcommand(1);
  OperatorOptions operator_options;
  const auto* operator_command = add_operator(app, operator_options);
  GatewayFlags gateway_flags;
  const auto* gateway_command = add_gateway(app, gateway_flags);
  cli::RunOptions run_options;
  const auto* run_command = add_run(app, run_options);
  cli::TopOptions get_options{.once = true};
  const auto* get_command = add_top(
      app, "get", "Shows TrainingJobs and ModelServices, and why they are not well", get_options);
  cli::TopOptions top_options;
  auto* top_command = add_top(app, "top", "The same, again every two seconds", top_options);
  top_command->add_flag("--once", top_options.once, "Once, as `cresset get` does");
  cli::LogsOptions logs_options;
  const auto* logs_command = add_logs(app, logs_options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kSuccess : kUsage;
  }
  if (operator_command->parsed()) return run_operator(operator_options);
  if (gateway_command->parsed()) return run_gateway(gateway_flags);
  if (run_command->parsed()) return cli::run_command(run_options);
  if (get_command->parsed()) return cli::top_command(get_options);
  if (top_command->parsed()) return cli::top_command(top_options);
  if (logs_command->parsed()) return cli::logs_command(logs_options);
  return kUsage;
}

}  // namespace
}  // namespace cresset

int main(int argc, char** argv) { return cresset::run(argc, argv); }
