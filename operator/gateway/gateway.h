#pragma once
// Gateway: one address for every ModelService, /NAMESPACE/NAME/v2/… (and /v1/…). It watches
// ModelServices and EndpointSlices by itself, so that it keeps routing while the operator is down;
// checks access; forwards to the least-loaded pod or holds the request while a replica starts;
// tells the leader the load. Also GET /healthz, /readyz (its caches are filled) and /metrics. Of
// several namespaces that were named, one that is refused is told by /readyz and takes the gateway
// from nobody else; an API server that is away is told too and takes it from nobody. Made and run
// by main; run() blocks until stop is asked. Uses the Api for reading and, through `review`, for
// TokenReviews.

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/log.h"
#include "operator/base/metrics.h"
#include "operator/gateway/access.h"
#include "operator/gateway/forward.h"
#include "operator/gateway/reporter.h"
#include "operator/kube/client/client.h"

namespace cresset::gateway {

struct GatewayOptions {
  std::string address = "0.0.0.0";
  uint16_t port = 8080;
  int threads = 2;
  // Of any request; a service may allow less. One that waits is counted against
  // forward.buffer_bytes besides.
  size_t max_request_bytes = 64 << 20;
  // Of a replica's answer, which is held whole until the client has taken it. It grows with the
  // rows and outputs of the model and not with the request: over it, the rows belong in several
  // requests.
  size_t max_answer_bytes = 64 << 20;
  std::string self;                          // own pod's name
  std::string ns;                            // own namespace: where the other gateways are
  std::vector<std::string> namespaces = {};  // whose services it serves; none: those of all
  ForwardOptions forward;
  ReporterOptions report;  // leader_url "" sends no reports
};

class Gateway {
 public:
  Gateway(GatewayOptions options, kube::Api& api, ReviewToken review, base::Clock& clock,
          base::Metrics& metrics, base::Log log);
  ~Gateway();
  // Listens, then fills its caches; returns after stop, when answers in flight are out.
  base::Result<void> run(std::stop_token stop);
  // Once run() listens; for tests with port 0.
  uint16_t port() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// Asks the API server whose token it is (TokenReview, audience kAudience).
ReviewToken token_review(kube::Api& api);

}  // namespace cresset::gateway
