#pragma once
// Probes: /metrics and /healthz of a training pod. A port that cannot be had is logged and done
// without: training does not depend on being watched. Owned by the supervisor; set() from its loop.

#include <memory>

#include "crds/worker_contract/coordination.h"
#include "operator/base/log.h"
#include "operator/base/metrics.h"
#include "operator/net/server/http_server.h"

namespace cresset::train {

class Probes {
 public:
  Probes(int port, const base::Log& log);
  void set(const worker_contract::Progress& progress);
  uint16_t port() const { return server_->port(); }

 private:
  base::Metrics metrics_;
  base::Gauge& round_;
  base::Gauge& step_;
  base::Gauge& epoch_;
  base::Gauge& loss_;
  base::Gauge& rate_;
  base::Gauge& remaining_;
  base::Counter& broken_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace cresset::train
