#include "operator/kube/client/exchange.h"

#include <condition_variable>
#include <exception>
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

// Of an answer that is the last.
base::Result<std::string> body_of(base::Result<net::Response> answer) {
  if (!answer) return base::fail(answer.error());
  if (answer->status >= 300) return base::fail(status_error(answer->status, answer->body));
  return std::move(answer->body);
}

base::Result<void> done(base::Result<net::Response> answer) {
  CRESSET_CHECK(body_of(std::move(answer)));
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

struct Exchange::Call {
  ApiRequest request;
  bool patient = false;
  std::stop_token stop;
  Credential credential = {};  // of the last try
  base::MonoTime sent = {};
  bool renewed = false;  // it was, once
  int waits = 0;
};

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
      tls_(config, clock, log_, [this](const net::TlsOptions& tls) { return http_.set_tls(tls); }),
      http_(options_of(config)) {}

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

base::Result<net::Request> Exchange::ready(Call& call) {
  for (;;) {
    if (call.stop.stop_requested()) return base::fail(base::cancelled("told to stop"));
    CRESSET_TRY(credential, credentials_.current(call.stop));
    call.credential = std::move(credential);
    const auto shown = tls_.refresh(call.credential);
    if (shown) break;
    if (std::exchange(call.renewed, true) || !credentials_.refused(call.credential, call.stop))
      return base::fail(shown.error());
  }
  call.sent = clock_.mono();
  return prepare(call.request, call.credential.token);
}

base::Result<net::Response> Exchange::taken(const Call& call, base::Result<net::Response> answer) {
  const std::string& method = call.request.method;
  metrics_.count(method, answer ? answer->status : 0, clock_.mono() - call.sent);
  if (!answer) {
    if (!base::is_cancelled(answer.error())) tls_.suspect();
    return base::fail(answer.error().with_context(method + " " + host_));
  }
  if (answer->status >= 300) {
    CRESSET_CHECK(to_json(call.request, answer->body));
    hide(call.credential.token, answer->body);
  }
  return answer;
}

std::optional<std::chrono::milliseconds> Exchange::wait_of(const Call& call,
                                                           const net::Response& answer) const {
  const auto wait = retry_after(answer);
  // A version that the server's cache has not reached comes with Retry-After too, but the caller
  // has a better answer to it: a fresh list.
  if (answer.status == 504 && base::is_gone(status_error(504, answer.body))) return std::nullopt;
  const bool undone = answer.status == 429;  // refused before anything of it was done
  if (!(call.patient || undone) || call.waits == waits_) return std::nullopt;
  return wait;
}

bool Exchange::is_last(const Call& call, const net::Response& answer) const {
  return answer.status == 401 ? call.renewed : !wait_of(call, answer);
}

bool Exchange::goes_on(Call& call, const net::Response& answer) {
  if (is_last(call, answer)) return false;
  if (answer.status == 401) return call.renewed = credentials_.refused(call.credential, call.stop);
  const auto wait = *wait_of(call, answer);
  ++call.waits;
  log_.debug("throttled by the API server", {{"target", call.request.target},
                                             {"status", answer.status},
                                             {"wait_ms", static_cast<int64_t>(wait.count())}});
  return pause(wait, call.stop);
}

base::Result<net::Response> Exchange::answered(Call& call, const Send& send) {
  CRESSET_TRY(request, ready(call));
  return repeated(call, taken(call, send(std::move(request))), send);
}

base::Result<net::Response> Exchange::repeated(Call& call, base::Result<net::Response> answer,
                                               const Send& send) {
  while (answer && goes_on(call, *answer)) {
    CRESSET_TRY(request, ready(call));
    answer = taken(call, send(std::move(request)));
  }
  return answer;
}

base::Result<std::string> Exchange::call(ApiRequest request, bool patient) {
  Call call{std::move(request), patient, interrupted_.get_token()};
  CRESSET_TRY(body, body_of(answered(call, sender(call.stop))));
  CRESSET_CHECK(to_json(call.request, body));
  return body;
}

base::Result<void> Exchange::carry(ApiRequest request, bool patient) {
  request.accept = kMetadataOrJson;
  Call call{std::move(request), patient, interrupted_.get_token()};
  return done(answered(call, sender(call.stop)));
}

void Exchange::begin(ApiRequest request, bool patient, const Told& told) {
  if (credentials_.may_block() || tls_.is_due())
    return told({.rest = [this, request = std::move(request), patient] {
      return carry(request, patient);
    }});
  request.accept = kMetadataOrJson;
  const auto call =
      std::make_shared<Call>(Call{std::move(request), patient, interrupted_.get_token()});
  auto sent = ready(*call);
  if (!sent) return told({.result = base::fail(sent.error())});
  const auto on_answer = [this, call, told](auto got) {
    if (got) return told(outcome(call, std::move(*got)));
    told(outcome(call, base::fail(std::move(got.error().error))));
  };
  http_.async_send(std::move(*sent), on_answer, call->stop);
}

Outcome Exchange::outcome(const std::shared_ptr<Call>& call, base::Result<net::Response> answer) {
  try {
    answer = taken(*call, std::move(answer));
    if (!answer || is_last(*call, *answer)) return {.result = done(std::move(answer))};
    return {.rest = [this, call, answer = std::move(answer)] {
      return done(repeated(*call, answer, sender(call->stop)));
    }};
  } catch (const std::exception& thrown) {
    return {.result = base::fail(base::internal(std::string("exception: ") + thrown.what()))};
  }
}

Exchange::Send Exchange::sender(std::stop_token stop) {
  return [this, stop](net::Request request) { return http_.send(std::move(request), stop); };
}

base::Result<void> Exchange::stream(ApiRequest request, std::chrono::milliseconds longest,
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
  Call call{std::move(request), true, either.get_token()};
  auto answer = answered(call, send);
  if (!answer && replaced && base::is_cancelled(answer.error())) return {};
  return done(std::move(answer));
}

}  // namespace cresset::kube
