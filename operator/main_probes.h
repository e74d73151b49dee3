#pragma once
// Probes: /metrics, /healthz and /readyz of a process, plain HTTP. /readyz answers 503 with a line
// for each thing that is waited for (a missing CRD, a refused verb, an API server that has served
// nothing for minutes); /healthz never looks at the API server, so that its absence restarts
// nobody; it fails with what `not_healthy` says. Owned by main.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "operator/base/metrics.h"
#include "operator/main_options.h"
#include "operator/net/server/http_server.h"

namespace cresset {

class Probes {
 public:
  using NotReady = std::function<std::vector<std::string>()>;
  // Whether what it still waits for holds up only what it concerns: then /readyz tells it with 200.
  using Settled = std::function<bool()>;
  // "": healthy.
  using NotHealthy = std::function<std::string()>;
  Probes(
      const Address& address, const base::Metrics& metrics, NotReady not_ready, Settled settled,
      NotHealthy not_healthy = [] { return std::string(); });
  base::Result<void> start() { return server_.start(); }
  void stop() { server_.stop(); }
  uint16_t port() const { return server_.port(); }

 private:
  static net::ServerOptions options_for(const Address& address);
  net::ServerResponse answer(const net::ServerRequest& request) const;

  const base::Metrics& metrics_;
  NotReady not_ready_;
  Settled settled_;
  NotHealthy not_healthy_;
  net::HttpServer server_;
};

}  // namespace cresset
