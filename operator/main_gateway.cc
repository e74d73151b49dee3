#include "operator/base/clock.h"
#include "operator/gateway/gateway.h"
#include "operator/kube/client/client.h"
#include "operator/main_grace.h"
#include "operator/main_options.h"
#include "operator/runtime/manager.h"
#include "operator/runtime/named_namespaces.h"

namespace cresset {

namespace {

// Answers in flight get the server's own drain time; only a stopped API server is cut off.
constexpr std::chrono::seconds kGrace{20};

base::Result<void> route_until_stopped(const GatewayFlags& flags, std::stop_token stop,
                                       const base::Log& log) {
  CRESSET_CHECK(runtime::check_namespaces(kWatchNamespace, flags.namespaces));
  CRESSET_TRY(config, kube::load_config(flags.kubeconfig));
  CRESSET_CHECK(kube::add_extra_cas(config, kExtraCaFile, flags.extra_ca_file));
  base::SystemClock clock;
  base::Metrics metrics;
  kube::Client client(config, log, {.metrics = &metrics});
  const Grace grace(stop, kGrace, [&client] { client.interrupt(); });
  gateway::GatewayOptions options{
      .address = flags.address,
      .port = flags.port,
      .max_request_bytes = flags.max_request_bytes,
      .self = flags.pod_name,
      .ns = flags.ns,
      .namespaces = flags.namespaces,
      .forward = {.buffer_bytes = flags.buffer_bytes,
                  .buffer_time = std::chrono::seconds(flags.buffer_seconds)},
      .report = {.leader_url = flags.leader_url,
                 .ca_file = flags.leader_ca,
                 .token_file = flags.token_file}};
  gateway::Gateway gateway(std::move(options), client, gateway::token_review(client), clock,
                           metrics, log);
  return gateway.run(stop);
}

}  // namespace

int run_gateway(const GatewayFlags& flags) {
  const auto stop = runtime::stop_on_signals();
  const base::Log log(flags.log_level);
  const auto ended = route_until_stopped(flags, stop.get_token(), log);
  if (!ended) {
    log.error("gateway ended", {{"error", ended.error().message()}});
    return base::is_invalid(ended.error()) ? kUsage : kFailure;
  }
  log.info("gateway stopped");
  return kSuccess;
}

}  // namespace cresset
