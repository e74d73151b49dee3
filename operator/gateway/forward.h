#pragma once
// Forwarder: takes an admitted request to a pod and its answer back. The least-loaded pod below the
// in-flight limit gets it; when there is none it waits in the Buffer until a pod has room, a
// replica appears, or its deadline passes (503). A pod that could not be connected to is passed
// over; a request of which any byte was sent is never sent again (502, or 504 after the time-out),
// and a pod whose connection broke gets no other until it is known to live: a process that is
// killed costs what it held, not what comes while its sockets close one after the other.
// Any thread; owned by the Gateway, outlives all exchanges.

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "operator/base/metrics.h"
#include "operator/gateway/buffer.h"
#include "operator/gateway/load_meter.h"
#include "operator/gateway/routes.h"
#include "operator/net/client/http_client.h"
#include "operator/net/server/http_server.h"

namespace cresset::gateway {

struct ForwardOptions {
  int max_in_flight = 64;  // a pod; two full batches of the usual size keep it busy
  size_t buffer_bytes = 64 << 20;
  std::chrono::milliseconds buffer_time{60000};
  std::chrono::milliseconds answer_timeout{60000};
};

// One request on its way. Made by the Forwarder, ends when its reply is called.
class Exchange {
 public:
  Exchange(kube::ObjectKey key, std::string rest, net::ServerRequest request, net::Reply reply)
      : key(std::move(key)),
        rest(std::move(rest)),
        request(std::move(request)),
        reply(std::move(reply)) {}
  const kube::ObjectKey key;
  const std::string rest;
  net::ServerRequest request;
  net::Reply reply;
  base::MonoTime arrived;
  base::MonoTime deadline;         // for waiting
  std::set<std::string> unusable;  // addresses that could not be connected to
};

class Forwarder {
 public:
  Forwarder(ForwardOptions options, RouteBoard& routes, net::HttpClient& client, LoadMeter& meter,
            base::Clock& clock, base::Metrics& metrics);

  // `on_starved` is called when a first request arrives for a service without any pod.
  void set_on_starved(std::function<void()> on_starved) { on_starved_ = std::move(on_starved); }
  // `on_broken` is called when a connection to a pod broke, which then `refuses`, to ask it.
  using OnBroken = std::function<void(const kube::ObjectKey&, const BackendPtr&)>;
  void set_on_broken(OnBroken on_broken) { on_broken_ = std::move(on_broken); }
  void forward(kube::ObjectKey key, std::string rest, net::ServerRequest request, net::Reply reply);
  // Sends what waits for that service, as far as there is room. Called when its route changes.
  void pump(const kube::ObjectKey& key);
  // Answers 503 to what waited too long.
  void expire();
  // From now on nothing is sent; what waits and what comes is answered 503.
  void stop();
  size_t waiting(const kube::ObjectKey& key) const { return buffer_.waiting(key); }

 private:
  bool dispatch(const ExchangePtr& exchange);
  void send(const ExchangePtr& exchange, const BackendPtr& backend);
  void answered(const ExchangePtr& exchange, const BackendPtr& backend,
                tl::expected<net::Response, net::ClientError> answer);
  void failed(const ExchangePtr& exchange, const BackendPtr& backend, const base::Error& error);
  void wait(const ExchangePtr& exchange);
  void finish(Exchange& exchange, net::ServerResponse response);
  void give_up_on(const std::vector<ExchangePtr>& late,
                  const std::function<std::string(const Exchange&)>& why);

  ForwardOptions options_;
  RouteBoard& routes_;
  net::HttpClient& client_;
  LoadMeter& meter_;
  base::Clock& clock_;
  base::Metrics& metrics_;
  base::Histogram& seconds_;
  base::Gauge& waiting_;
  Buffer buffer_;
  std::function<void()> on_starved_;
  OnBroken on_broken_;
  std::atomic<bool> stopping_{false};
};

// {"error": "..."} as the Open Inference Protocol says, with that status.
net::ServerResponse error_response(int status, const std::string& message);

}  // namespace cresset::gateway
