#pragma once
// Exchange: one request to the API server and its answer, with the client's identity, metrics, the
// one repeat after a credential that was refused and the waits that the server asks for by
// Retry-After. A watch ends, as if the server had ended it, when its time is over and when the
// client certificate that it began with is replaced. The thread-safe inside of Client. `interrupt`
// ends all calls, now and later, with kCancelled.

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "operator/base/clock.h"
#include "operator/base/log.h"
#include "operator/base/metrics.h"
#include "operator/kube/client/config.h"
#include "operator/kube/client/credentials.h"
#include "operator/kube/client/outcome.h"
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
  base::Result<std::string> call(ApiRequest request, bool patient);
  // As call, for who does not read the answer: little of it is asked for, and nothing read.
  base::Result<void> carry(ApiRequest request, bool patient);
  // As carry, for who does not wait. What may block (another try, a look at a file that is due, a
  // plugin that gives credentials) is left to the rest.
  void begin(ApiRequest request, bool patient, const Told& told);
  // Feeds the body of a watch until it ends, or `longest` has passed since it was asked for, which
  // is counted; false from `on_data` ends it.
  base::Result<void> stream(ApiRequest request, std::chrono::milliseconds longest,
                            std::stop_token stop, const net::HttpClient::OnData& on_data,
                            const net::HttpClient::OnOpen& on_open = {});
  void interrupt() { interrupted_.request_stop(); }

 private:
  using Send = std::function<base::Result<net::Response>(net::Request)>;
  struct Call;  // of which there may be several tries
  base::Result<net::Response> answered(Call& call, const Send& send);
  // From an answer on: tries again as long as that asks for it.
  base::Result<net::Response> repeated(Call& call, base::Result<net::Response> answer,
                                       const Send& send);
  // The next try, with the credential of now.
  base::Result<net::Request> ready(Call& call);
  net::Request prepare(const ApiRequest& request, const std::string& token) const;
  // Counts an answer and makes it fit to be shown.
  base::Result<net::Response> taken(const Call& call, base::Result<net::Response> answer);
  // Before another try; nothing: none is asked for, or there were enough.
  std::optional<std::chrono::milliseconds> wait_of(const Call& call,
                                                   const net::Response& answer) const;
  // Whether nothing is left to try.
  bool is_last(const Call& call, const net::Response& answer) const;
  // Does what an answer asks for; false: it is the last.
  bool goes_on(Call& call, const net::Response& answer);
  // What a begun call has come to, on the thread of the HTTP client, which no exception may end.
  Outcome outcome(const std::shared_ptr<Call>& call, base::Result<net::Response> answer);
  Send sender(std::stop_token stop);
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
  TlsSource tls_;
  net::HttpClient http_;  // last: what is under way ends with it, and uses the rest until then
};

}  // namespace cresset::kube
