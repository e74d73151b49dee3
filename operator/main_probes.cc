#include "operator/main_probes.h"

namespace cresset {

Probes::Probes(const Address& address, const base::Metrics& metrics, NotReady not_ready,
               Settled settled, NotHealthy not_healthy)
    : metrics_(metrics),
      not_ready_(std::move(not_ready)),
      settled_(std::move(settled)),
      not_healthy_(std::move(not_healthy)),
      server_(options_for(address),
              [this](net::ServerRequest request, net::Reply reply) { reply(answer(request)); }) {}

net::ServerOptions Probes::options_for(const Address& address) {
  net::ServerOptions options;
  options.address = address.host;
  options.port = address.port;
  options.max_connections = 64;
  options.drain = std::chrono::milliseconds(500);
  return options;
}

net::ServerResponse Probes::answer(const net::ServerRequest& request) const {
  if (request.method != "GET" && request.method != "HEAD")
    return {.status = 405, .body = "only GET and HEAD are allowed\n"};
  if (request.path == "/healthz") {
    const std::string sick = not_healthy_();
    if (sick.empty()) return {.body = "ok\n"};
    return {.status = 500, .body = sick + "\n"};
  }
  if (request.path == "/metrics")
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_.render()};
  if (request.path == "/readyz") {
    std::string waiting;
    for (const auto& line : not_ready_()) waiting += line + "\n";
    if (waiting.empty()) return {.body = "ok\n"};
    return {.status = settled_() ? 200 : 503, .body = waiting};
  }
  return {.status = 404, .body = "there are /healthz, /readyz and /metrics\n"};
}

}  // namespace cresset
