#include "operator/kube/client/exchange.h"

#include <condition_variable>
#include <mutex>

#include "operator/base/address.h"
#include "operator/kube/client/retry_after.h"
#include "operator/kube/core/protobuf.h"
#include "operator/net/client/url.h"

namespace cresset::kube {

namespace {

// Watches have connections of their own; these serve the workers.
constexpr size_t kIdleConnections = 64;
// What a burst opened is soon of no use: 60 KiB each here, and more at the server.
constexpr std::chrono::seconds kSurplusTimeout{1};
constexpr size_t kMaxAnswer = 256 << 20;

std::string host_of(const std::string& server) {
  const auto url = net::parse_url(server);
  return url ? base::host_and_port(url->host, url->port) : net::without_user(server);
}

// What a server or a proxy that refuses us repeats of our request goes into errors and logs.
void hide(const std::string& secret, std::string& text) {
  constexpr size_t kShortest = 8;
  if (secret.size() < kShortest) return;
  for (size_t at = 0; (at = text.find(secret, at)) != std::string::npos;)
    text.replace(at, secret.size(), "***");
}

// From here on nobody needs to know that it was protobuf.
base::Result<void> to_json(const ApiRequest& request, std::string& body) {
  if (!is_protobuf(body)) return {};
  auto text = json_of_protobuf(body);
  if (!text)
    return base::fail(base::unavailable("the API server's answer to " + request.method + " " +
                                        request.target + ": " + text.error().message()));
  body = std::move(*text);
  return {};
}

net::ClientOptions options_of(const ClusterConfig& config) {
  net::ClientOptions options;
  options.tls = tls_options(config);
  options.proxy = config.proxy;
  options.max_idle_per_origin = kIdleConnections;
  options.surplus_timeout = kSurplusTimeout;
  options.max_body_bytes = kMaxAnswer;
  return options;
}

}  // namespace

Exchange::Exchange(const ClusterConfig& config, std::chrono::milliseconds timeout, int waits,
                   base::Clock& clock, base::Metrics* metrics, base::Log log)
    : server_(config.server),
      host_(host_of(config.server)),
      timeout_(timeout),
      waits_(waits),
      clock_(clock),
      metrics_(metrics, host_),
      log_(std::move(log)),
      credentials_(config, timeout, clock, log_),
      http_(options_of(config)),
      tls_(config, clock, log_, [this](const net::TlsOptions& tls) { return http_.set_tls(tls); }) {
}

net::Request Exchange::prepare(const ApiRequest& request, const std::string& token) const {
  net::Request made;
  made.method = request.method;
  made.url = server_ + request.target;
  made.body = request.body;
  made.timeout = timeout_;
  made.headers = {{"Accept", request.accept}, {"User-Agent", "cresset/" CRESSET_VERSION}};
  if (!request.content_type.empty())
    made.headers.emplace_back("Content-Type", request.content_type);
  if (!token.empty()) made.headers.emplace_back("Authorization", "Bearer " + token);
  return made;
}

bool Exchange::pause(std::chrono::milliseconds span, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  clock_.wait_until(lock, never, stop, clock_.mono() + span, [] { return false; });
  return !stop.stop_requested();
}

base::Result<net::Response> Exchange::answered(const ApiRequest& request, bool patient,
                                               std::stop_token stop, const Send& send) {
  bool renewed = false;
  for (int waits = 0;;) {
    if (stop.stop_requested()) return base::fail(base::cancelled("told to stop"));
    CRESSET_TRY(credential, credentials_.current(stop));
    if (const auto shown = tls_.refresh(credential); !shown) {
      if (std::exchange(renewed, true) || !credentials_.refused(credential, stop))
        return base::fail(shown.error());
      continue;
    }
    const auto sent = clock_.mono();
    auto answer = send(prepare(request, credential.token));
    metrics_.count(request.method, answer ? answer->status : 0, clock_.mono() - sent);
    if (!answer) {
      if (!base::is_cancelled(answer.error())) tls_.suspect();
      return base::fail(answer.error().with_context(request.method + " " + host_));
    }
    if (answer->status == 401 && !renewed && credentials_.refused(credential, stop)) {
      renewed = true;
      continue;
    }
    if (answer->status >= 300) {
      CRESSET_CHECK(to_json(request, answer->body));
      hide(credential.token, answer->body);
    }
    const auto wait = retry_after(*answer);
    // A version that the server's cache has not reached comes with Retry-After too, but the caller
    // has a better answer to it: a fresh list.
    if (answer->status == 504 && base::is_gone(status_error(504, answer->body))) return answer;
    const bool undone = answer->status == 429;  // refused before anything of it was done
    if (!(patient || undone) || !wait || waits++ == waits_) return answer;
    log_.debug("throttled by the API server", {{"target", request.target},
                                               {"status", answer->status},
                                               {"wait_ms", static_cast<int64_t>(wait->count())}});
    if (!pause(*wait, stop)) return answer;
  }
}

base::Result<std::string> Exchange::call(const ApiRequest& request, bool patient) {
  CRESSET_TRY(body, send(request, patient));
  CRESSET_CHECK(to_json(request, body));
  return body;
}

base::Result<void> Exchange::carry(ApiRequest request, bool patient) {
  request.accept = kMetadataOrJson;
  CRESSET_CHECK(send(request, patient));
  return {};
}

base::Result<std::string> Exchange::send(const ApiRequest& request, bool patient) {
  const auto stop = interrupted_.get_token();
  auto answer = answered(request, patient, stop, [&](net::Request prepared) {
    return http_.send(std::move(prepared), stop);
  });
  if (!answer) return base::fail(answer.error());
  if (answer->status >= 300) return base::fail(status_error(answer->status, answer->body));
  return std::move(answer->body);
}

base::Result<void> Exchange::stream(const ApiRequest& request, std::chrono::milliseconds longest,
                                    std::stop_token stop, const net::HttpClient::OnData& on_data,
                                    const net::HttpClient::OnOpen& on_open) {
  std::stop_source either;
  const std::stop_callback theirs(stop, [&] { either.request_stop(); });
  const std::stop_callback ours(interrupted_.get_token(), [&] { either.request_stop(); });
  bool replaced = false;
  const auto send = [&](net::Request prepared) {
    const auto identity = tls_.identity();
    const std::stop_callback old(identity, [&] { either.request_stop(); });
    // A silent one is ended by the HTTP client's timer.
    const auto end = clock_.mono() + longest;
    auto streamed = http_.stream(
        std::move(prepared), longest, either.get_token(),
        [&](std::string_view piece) { return clock_.mono() < end && on_data(piece); }, on_open);
    replaced = identity.stop_requested();
    if (streamed && clock_.mono() >= end) metrics_.count_overdue();
    return streamed;
  };
  const auto answer = answered(request, true, either.get_token(), send);
  if (!answer && replaced && base::is_cancelled(answer.error())) return {};
  if (!answer) return base::fail(answer.error());
  if (answer->status >= 300) return base::fail(status_error(answer->status, answer->body));
  return {};
}

}  // namespace cresset::kube
