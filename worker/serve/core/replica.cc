#include "worker/serve/core/replica.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace cresset::serve {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook{10};
constexpr milliseconds kCloseConnections{1000};

net::ServerOptions server_options(const ReplicaOptions& options) {
  net::ServerOptions server;
  server.address = options.address;
  server.port = options.port;
  server.max_body_bytes = options.max_request_bytes;
  server.drain = kCloseConnections;
  return server;
}

}  // namespace

Replica::Replica(ReplicaOptions options, base::Clock& clock, base::Log log)
    : options_(std::move(options)),
      clock_(clock),
      log_(std::move(log)),
      routes_({.model = options_.model, .limits = {}}, clock_, load_, metrics_),
      server_(std::make_unique<net::HttpServer>(server_options(options_), routes_.handler())) {}

Replica::~Replica() {
  if (batcher_) batcher_->stop();
  server_->stop();
}

base::Result<void> Replica::start() { return server_->start(); }

uint16_t Replica::port() const { return server_->port(); }

void Replica::serve(std::unique_ptr<Session> session) {
  session_ = std::move(session);
  const Signature& signature = session_->signature();
  counted_ = std::make_unique<ServeMetrics>(metrics_, signature.model, signature.version);
  self_test_ = std::make_unique<SelfTest>(signature, load_, log_);
  auto batching = options_.batching;
  batching.on_failure = [this](const base::Error& error) {
    self_test_->after_failure();
    if (error.kind() == base::ErrorKind::kUnavailable) options_.on_lost(error);
  };
  batcher_ = std::make_unique<Batcher>(*session_, std::move(batching), clock_, load_, *counted_);
  self_test_->use(*batcher_);
  routes_.serve(signature, *batcher_, *counted_, *self_test_);
  log_.info("model ready", {{"model", signature.model}, {"version", signature.version}});
}

bool Replica::drain() {
  routes_.drain();
  const auto begin = clock_.mono();
  const auto goodbye = begin + std::min(options_.goodbye, options_.drain);
  const auto end = begin + options_.drain;
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  const auto done = [&] {
    return clock_.mono() >= goodbye && (load_.in_flight == 0 || clock_.mono() >= end);
  };
  while (!done()) clock_.wait_until(lock, never, {}, clock_.mono() + kLook, done);
  if (load_.in_flight > 0) {
    log_.warn("requests were still in flight at the end of the drain",
              {{"in_flight", load_.in_flight.load()}});
    return false;
  }
  if (batcher_) batcher_->stop();
  server_->stop();
  return true;
}

}  // namespace cresset::serve
