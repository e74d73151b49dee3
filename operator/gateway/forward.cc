#include "operator/gateway/forward.h"

#include <algorithm>
#include <array>

#include "operator/base/json.h"
#include "operator/net/client/headers.h"

namespace cresset::gateway {

namespace {

// RFC 9110, section 7.6.1, and what the gateway answers for itself.
constexpr std::array<std::string_view, 12> kNotForwarded{
    "connection",    "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
    "trailer",       "upgrade",    "transfer-encoding",  "content-length",      "host",
    "authorization", "expect"};

bool listed(std::string_view name, std::string_view list) {
  while (!list.empty()) {
    const size_t end = std::min(list.find(','), list.size());
    std::string_view item = list.substr(0, end);
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    if (net::same_name(item, name)) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

// `connection` is the value of the Connection header, whose names go no further either.
bool forwarded(const std::string& name, std::string_view connection) {
  const auto same = [&name](std::string_view other) { return net::same_name(name, other); };
  return std::none_of(kNotForwarded.begin(), kNotForwarded.end(), same) &&
         !listed(name, connection);
}

std::string_view connection_of(const net::Headers& headers) {
  const std::string* value = net::find_header(headers, "connection");
  return value == nullptr ? std::string_view() : *value;
}

net::Headers end_to_end(const net::Headers& headers) {
  const std::string_view connection = connection_of(headers);
  net::Headers kept;
  kept.reserve(headers.size());
  for (const auto& header : headers)
    if (forwarded(header.first, connection)) kept.push_back(header);
  return kept;
}

net::ServerResponse relayed(net::Response answer) {
  net::ServerResponse response{
      .status = answer.status, .content_type = "", .body = std::move(answer.body)};
  const std::string connection(connection_of(answer.headers));
  for (auto& header : answer.headers) {
    if (!forwarded(header.first, connection)) continue;
    if (net::same_name(header.first, "content-type"))
      response.content_type = std::move(header.second);
    else if (!net::same_name(header.first, "date") && !net::same_name(header.first, "server"))
      response.headers.push_back(std::move(header));
  }
  return response;
}

}  // namespace

net::ServerResponse error_response(int status, const std::string& message) {
  return {.status = status,
          .content_type = "application/json",
          .body = base::dump({{"error", message}}),
          .headers =
              status == 503 || status == 429 ? net::Headers{{"Retry-After", "1"}} : net::Headers{}};
}

Forwarder::Forwarder(ForwardOptions options, RouteBoard& routes, net::HttpClient& client,
                     LoadMeter& meter, base::Clock& clock, base::Metrics& metrics)
    : options_(options),
      routes_(routes),
      client_(client),
      meter_(meter),
      clock_(clock),
      metrics_(metrics),
      seconds_(metrics.histogram("cresset_gateway_request_seconds",
                                 "From the whole request to its answer, waiting included",
                                 base::duration_bounds())),
      waiting_(metrics.gauge("cresset_gateway_waiting_requests",
                             "Requests held until a replica has room for them")),
      buffer_(options.buffer_bytes) {}

void Forwarder::forward(kube::ObjectKey key, std::string rest, net::ServerRequest request,
                        net::Reply reply) {
  auto exchange = std::make_shared<Exchange>(std::move(key), std::move(rest), std::move(request),
                                             std::move(reply));
  exchange->arrived = clock_.mono();
  exchange->deadline = exchange->arrived + options_.buffer_time;
  meter_.arrived(exchange->key, exchange->arrived);
  if (buffer_.waiting(exchange->key) > 0 || !dispatch(exchange)) wait(exchange);
}

bool Forwarder::dispatch(const ExchangePtr& exchange) {
  if (stopping_.load()) {
    finish(*exchange, error_response(503, "the gateway is stopping"));
    return true;
  }
  const RoutePtr route = routes_.find(exchange->key);
  if (route == nullptr) {
    finish(*exchange,
           error_response(404, "the service " + exchange->key.to_string() + " was deleted"));
    return true;
  }
  const BackendPtr backend =
      least_loaded(route->backends, options_.max_in_flight, exchange->unusable);
  if (backend == nullptr) return false;
  send(exchange, backend);
  return true;
}

void Forwarder::wait(const ExchangePtr& exchange) {
  const RoutePtr route = routes_.find(exchange->key);
  // The next ones are in the line that follows within a second.
  const bool starved =
      route != nullptr && route->backends.empty() && buffer_.waiting(exchange->key) == 0;
  exchange->unusable.clear();
  auto added =
      buffer_.add(exchange->key, exchange, exchange->request.body.size() + 512, exchange->deadline);
  if (!added) return finish(*exchange, error_response(503, added.error().message()));
  waiting_.add(1);
  if (starved && on_starved_) on_starved_();
  // A pod may have become free between the look and the wait.
  pump(exchange->key);
}

void Forwarder::pump(const kube::ObjectKey& key) {
  while (ExchangePtr exchange = buffer_.take(key)) {
    waiting_.add(-1);
    if (exchange->reply.gone()) {
      finish(*exchange, error_response(503, "the client left"));
      continue;
    }
    if (dispatch(exchange)) continue;
    buffer_.put_back(key, exchange, exchange->request.body.size() + 512, exchange->deadline);
    waiting_.add(1);
    return;
  }
}

void Forwarder::send(const ExchangePtr& exchange, const BackendPtr& backend) {
  backend->in_flight.fetch_add(1, std::memory_order_relaxed);
  net::Request request{.method = exchange->request.method,
                       .url = "http://" + backend->address + exchange->rest,
                       .headers = end_to_end(exchange->request.headers),
                       .body = exchange->request.body,
                       .timeout = options_.answer_timeout};
  client_.async_send(std::move(request), [this, exchange, backend](auto answer) {
    answered(exchange, backend, std::move(answer));
  });
}

void Forwarder::answered(const ExchangePtr& exchange, const BackendPtr& backend,
                         tl::expected<net::Response, net::ClientError> answer) {
  backend->in_flight.fetch_sub(1, std::memory_order_relaxed);
  if (answer) {
    finish(*exchange, relayed(std::move(*answer)));
  } else if (answer.error().nothing_was_sent &&
             answer.error().error.kind() != base::ErrorKind::kCancelled) {
    // Not asked again until the poll finds it answering, so that a stale endpoint costs one
    // connect.
    backend->refuses.store(true, std::memory_order_relaxed);
    exchange->unusable.insert(backend->address);
    if (!dispatch(exchange)) wait(exchange);
  } else {
    failed(exchange, backend, answer.error().error);
  }
  pump(exchange->key);
}

void Forwarder::failed(const ExchangePtr& exchange, const BackendPtr& backend,
                       const base::Error& error) {
  // Before the client knows: the next request that it sends must not meet the same end.
  if (error.kind() == base::ErrorKind::kUnavailable) {
    backend->refuses.store(true, std::memory_order_relaxed);
    if (on_broken_) on_broken_(exchange->key, backend);
  }
  const bool late = error.kind() == base::ErrorKind::kTimeout;
  finish(*exchange,
         error_response(late ? 504 : 502, "the replica at " + backend->address +
                                              " gave no whole answer: " + error.message()));
}

void Forwarder::stop() {
  stopping_.store(true);
  give_up_on(buffer_.expired(base::MonoTime::max()),
             [](const Exchange&) { return std::string("the gateway is stopping"); });
}

void Forwarder::expire() {
  give_up_on(buffer_.expired(clock_.mono()), [this](const Exchange& exchange) {
    return "no replica of " + exchange.key.to_string() + " was ready within " +
           std::to_string(options_.buffer_time.count() / 1000) + " s";
  });
}

void Forwarder::give_up_on(const std::vector<ExchangePtr>& late,
                           const std::function<std::string(const Exchange&)>& why) {
  waiting_.add(-static_cast<double>(late.size()));
  for (const auto& exchange : late) finish(*exchange, error_response(503, why(*exchange)));
}

void Forwarder::finish(Exchange& exchange, net::ServerResponse response) {
  const auto now = clock_.mono();
  meter_.left(exchange.key, now);
  seconds_.observe(std::chrono::duration<double>(now - exchange.arrived).count());
  metrics_
      .counter("cresset_gateway_requests_total", "Requests answered, by service and status",
               {{"namespace", exchange.key.ns},
                {"service", exchange.key.name},
                {"code", std::to_string(response.status)}})
      .add(1);
  exchange.reply(std::move(response));
}

}  // namespace cresset::gateway
