#pragma once
// Replica: one serving process without its process: the HTTP server with its routes, and the
// batcher once there is a session. Listens and answers live before the model is there, ready after
// serve(). drain() is the orderly end. Owns all of it; clock and log outlive it. Calls come from
// one thread.
//
//   Replica replica({.model = "digits", .port = 8080}, clock, log);
//   CRESSET_CHECK(replica.start());
//   replica.serve(std::move(session));   // warmed up already
//   replica.drain();

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "operator/base/clock.h"
#include "operator/base/log.h"
#include "operator/base/metrics.h"
#include "operator/net/server/http_server.h"
#include "worker/serve/core/batcher.h"
#include "worker/serve/core/routes.h"
#include "worker/serve/core/self_test.h"

namespace cresset::serve {

struct ReplicaOptions {
  std::string model;
  std::string address = "0.0.0.0";
  uint16_t port = 0;
  BatcherOptions batching;
  size_t max_request_bytes = 16 << 20;
  std::chrono::milliseconds drain{20000};   // for what is in flight
  std::chrono::milliseconds goodbye{2000};  // still taking requests, until clients know
  // Called on the batcher's thread, once a batch, when the session is lost (session.h).
  std::function<void(const base::Error&)> on_lost = [](const base::Error&) {};
};

class Replica {
 public:
  Replica(ReplicaOptions options, base::Clock& clock, base::Log log);
  ~Replica();
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  base::Result<void> start();
  uint16_t port() const;
  void serve(std::unique_ptr<Session> session);
  // Not ready from now on; answers until `goodbye` is over and nothing is in flight, at most
  // `drain`. False: something was still in flight, and then nothing of this may be destroyed.
  bool drain();

 private:
  const ReplicaOptions options_;
  base::Clock& clock_;
  base::Log log_;
  base::Metrics metrics_;
  LoadCounters load_;
  Routes routes_;
  std::unique_ptr<ServeMetrics> counted_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<SelfTest> self_test_;
  std::unique_ptr<Batcher> batcher_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace cresset::serve
