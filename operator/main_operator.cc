#include "crds/worker_contract/names.h"
#include "operator/base/address.h"
#include "operator/base/clock.h"
#include "operator/kube/client/client.h"
#include "operator/main_grace.h"
#include "operator/main_options.h"
#include "operator/main_parts.h"
#include "operator/main_probes.h"
#include "operator/runtime/event_recorder.h"
#include "operator/runtime/leader_election.h"
#include "operator/runtime/manager.h"
#include "operator/runtime/named_namespaces.h"

namespace cresset {

namespace {

// A pod has 15 s or more to end; what a stopped API server holds up is cut off well before. The
// lease is given up when all else has ended, cut off or not.
constexpr std::chrono::milliseconds kGrace{2500};
constexpr std::chrono::milliseconds kGraceOfLease{3500};
constexpr char kLeaseName[] = "cresset-operator";

// Where the others send those who ask for what only the leader serves.
std::string own_address(const OperatorOptions& options, const Address& coordination) {
  if (options.pod_ip.empty()) return options.coordination_url;
  return "https://" + base::host_and_port(options.pod_ip, coordination.port);
}

base::Result<void> reconcile_until_stopped(const OperatorOptions& options, std::stop_token stop,
                                           const base::Log& log) {
  CRESSET_TRY(metrics_address, parse_address("--metrics-address", options.metrics_address));
  CRESSET_TRY(coordination_address,
              parse_address("--coordination-address", options.coordination_address));
  CRESSET_CHECK(runtime::check_namespaces(kWatchNamespace, options.namespaces));
  CRESSET_TRY(config, kube::load_config(options.kubeconfig));
  CRESSET_CHECK(kube::add_extra_cas(config, kExtraCaFile, options.extra_ca_file));

  base::SystemClock clock;
  base::Metrics metrics;
  kube::Client client(config, log, {.metrics = &metrics});
  const auto times = runtime::LeaseTimes::of(std::chrono::seconds(options.lease_seconds));
  // Connections of its own and no waits, so that a renewal waits for nobody.
  kube::Client lease_client(config, log,
                            {.metrics = &metrics, .call_timeout = times.call(), .waits = 0});
  OperatorParts* leading_parts = nullptr;
  runtime::LeaderElection election(
      lease_client,
      {.lease = {options.ns, kLeaseName},
       .identity = options.pod_name,
       .address = own_address(options, coordination_address),
       .times = times},
      {.on_leading = [&leading_parts] { leading_parts->lead(); },
       // Another may act already: nothing that is under way here may go on.
       .on_lost = [](const std::string&) { std::_Exit(kFailure); }},
      clock, base::system_random(), metrics, log);
  // Outlives the recorder, whose last events must not hold up the end either.
  const Grace grace(stop, kGrace, [&client] { client.interrupt(); });
  const Grace grace_of_lease(stop, kGraceOfLease, [&lease_client] { lease_client.interrupt(); });
  runtime::EventRecorder events(client, "cresset-operator", options.pod_name, clock, log);
  OperatorParts parts(client, events, options, coordination_address, election, clock, metrics, log);
  leading_parts = &parts;
  runtime::NamedNamespaces namespaces(client, options.namespaces, clock);
  runtime::Manager manager(log);
  manager.lead_when([&election] { return election.leading(); });
  manager.add(election);
  if (!options.namespaces.empty()) manager.add(namespaces);
  parts.add_to(manager);
  manager.report_to(metrics);

  Probes probes(
      metrics_address, metrics, [&manager] { return manager.not_ready(); },
      [&manager] { return manager.settled() && manager.served(); },
      [&election] { return election.overdue() ? "the lease is not renewed" : std::string(); });
  CRESSET_CHECK(probes.start());
  log.info("operator started", {{"version", CRESSET_VERSION},
                                {"namespace", options.ns},
                                {"server", config.server},
                                {"metrics_port", static_cast<int>(probes.port())}});
  const auto ended = manager.run(stop);
  probes.stop();
  return ended;
}

}  // namespace

int run_operator(OperatorOptions options) {
  if (options.coordination_url.empty())
    options.coordination_url = "https://cresset-operator." + options.ns +
                               ".svc:" + std::to_string(worker_contract::kCoordinationPort);
  const auto stop = runtime::stop_on_signals();
  const base::Log log(options.log_level);
  const auto ended = reconcile_until_stopped(options, stop.get_token(), log);
  if (!ended) {
    log.error("operator ended", {{"error", ended.error().message()}});
    return base::is_invalid(ended.error()) ? kUsage : kFailure;
  }
  log.info("operator stopped");
  return kSuccess;
}

}  // namespace cresset
