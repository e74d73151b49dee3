#include "worker/train/supervise/train_command.h"

#include <filesystem>

#include "operator/base/file.h"
#include "worker/config/environment.h"
#include "worker/train/supervise/coordination_client.h"
#include "worker/train/supervise/supervisor.h"

namespace cresset::train {

using base::Result;
using worker_contract::Membership;

namespace {

constexpr char kMemoryDirectory[] = "/dev/shm/cresset";

struct Told {
  config::WorkerEnvironment environment;
  std::optional<Membership> membership;  // of `cresset run`
};

Result<Told> read_told() {
  CRESSET_TRY(environment, config::read_worker_environment());
  Told told{std::move(environment), std::nullopt};
  if (const auto text = base::environment(worker_contract::kStaticMembershipEnv)) {
    auto json = base::parse_json(*text, {.max_bytes = 64 << 10, .max_depth = 8});
    auto membership = json ? worker_contract::decode_membership(*json)
                           : Result<Membership>(base::fail(json.error()));
    if (!membership)
      return base::fail(
          std::move(membership).error().with_context(worker_contract::kStaticMembershipEnv));
    told.membership = std::move(*membership);
  } else if (told.environment.coordination_url.empty()) {
    return base::fail(base::invalid(std::string(worker_contract::kCoordinationUrlEnv) +
                                    " must name the operator (in a pod), or " +
                                    worker_contract::kStaticMembershipEnv +
                                    " the group (`cresset run` sets it)"));
  }
  return told;
}

SupervisorOptions options_of(const Told& told) {
  SupervisorOptions options;
  options.processes = told.environment.config.processes_per_worker;
  options.bind_host = told.environment.pod_ip;
  options.only_membership = told.membership;
  options.termination_path =
      base::environment(worker_contract::kTerminationPathEnv)
          .value_or(told.membership ? "" : worker_contract::kTerminationPath);
  if (told.membership) return options;
  std::error_code error;
  std::filesystem::create_directories(kMemoryDirectory, error);
  if (!error) options.memory_directory = kMemoryDirectory;
  options.metrics_port = worker_contract::kMetricsPort;
  return options;
}

std::unique_ptr<CoordinationClient> client_of(const Told& told) {
  if (told.membership) return nullptr;
  return std::make_unique<CoordinationClient>(
      CoordinationOptions{.url = told.environment.coordination_url,
                          .ca_pem = told.environment.coordination_ca,
                          .ns = told.environment.config.ns,
                          .name = told.environment.config.name});
}

}  // namespace

int train_command(RankFunction rank, const base::Log& log) {
  const auto told = read_told();
  if (!told) {
    log.error("not started", {{"error", told.error().message()}});
    return worker_contract::kExitBadInput;
  }
  const auto& config = told->environment.config;
  auto zygote = Zygote::start([&](const RankContext& context) {
    return rank(config, context, log.with({{"rank", context.rank}, {"round", context.round}}));
  });
  if (!zygote) {
    log.error("not started", {{"error", zygote.error().message()}});
    return worker_contract::kExitRetryable;
  }
  block_supervisor_signals();
  const auto coordination = client_of(*told);
  Supervisor supervisor(options_of(*told), **zygote, coordination.get(),
                        log.with({{"job", config.name},
                                  {"namespace", config.ns},
                                  {"worker", told->environment.worker_index}}));
  return supervisor.run();
}

}  // namespace cresset::train
