#pragma once
// Exchange: one request to the API server and its answer, with the client's identity, metrics, the
// one repeat after a credential that was refused and the waits that the server asks for by
// Retry-After. A watch ends, as if the server had ended it, when its time is over and when the
// client certificate that it began with is replaced. The thread-safe inside of Client. `interrupt`
// ends all calls, now and later, with kCancelled.

#include <functional>
#include <stop_token>
#include <string>

#include "operator/base/clock.h"
#include "operator/base/log.h"
#include "operator/base/metrics.h"
#include "operator/kube/client/config.h"
#include "operator/kube/client/credentials.h"
#include "operator/kube/client/request_metrics.h"
#include "operator/kube/client/tls_source.h"
#include "operator/kube/core/request.h"
#include "operator/net/client/http_client.h"

namespace cresset::kube {

class Exchange {
 public:
  // `timeout` is for each try of a call, and for a plugin before it; `waits` is how often it waits
  // at most when the server asks for it.
  Exchange(const ClusterConfig& config, std::chrono::milliseconds timeout, int waits,
           base::Clock& clock, base::Metrics* metrics, base::Log log);

  // The body of a 2xx answer, or the answer's Error. `patient`: wait when told to by Retry-After;
  // after a 429 each call does.
  base::Result<std::string> call(const ApiRequest& request, bool patient);
  // As call, for who does not read the answer: little of it is asked for, and nothing read.
  base::Result<void> carry(ApiRequest request, bool patient);
  // Feeds the body of a watch until it ends, or `longest` has passed since it was asked for, which
  // is counted; false from `on_data` ends it.
  base::Result<void> stream(const ApiRequest& request, std::chrono::milliseconds longest,
                            std::stop_token stop, const net::HttpClient::OnData& on_data,
                            const net::HttpClient::OnOpen& on_open = {});
  void interrupt() { interrupted_.request_stop(); }

 private:
  using Send = std::function<base::Result<net::Response>(net::Request)>;
  base::Result<net::Response> answered(const ApiRequest& request, bool patient,
                                       std::stop_token stop, const Send& send);
  net::Request prepare(const ApiRequest& request, const std::string& token) const;
  base::Result<std::string> send(const ApiRequest& request, bool patient);
  bool pause(std::chrono::milliseconds span, std::stop_token stop);

  const std::string server_;
  const std::string host_;
  const std::chrono::milliseconds timeout_;
  const int waits_;
  base::Clock& clock_;
  RequestMetrics metrics_;
  base::Log log_;
  Credentials credentials_;
  std::stop_source interrupted_;
  net::HttpClient http_;
  TlsSource tls_;
};

}  // namespace cresset::kube
