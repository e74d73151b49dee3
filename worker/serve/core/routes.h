#pragma once
// Routes: what a serving replica answers over HTTP, the handler of its net::HttpServer. It is there
// before the model is: live at once, ready only after serve(), and after drain() not ready again
// while requests are still answered (with Connection: close, so that clients go elsewhere), nor
// while its model fails (SelfTest). Holds no thread; handle() parses on the caller's I/O thread and
// answers from the batcher's. What is given to serve() outlives every later handle().
//
//   Routes routes({.model = "digits"}, clock, load, metrics);
//   net::HttpServer server(options, routes.handler());

#include <atomic>
#include <string>

#include "operator/base/clock.h"
#include "operator/base/metrics.h"
#include "operator/net/server/http_server.h"
#include "worker/serve/core/batcher.h"
#include "worker/serve/core/protocol_v2.h"
#include "worker/serve/core/self_test.h"

namespace cresset::serve {

struct RoutesOptions {
  std::string model;  // its name in the protocol, known before it is loaded
  ProtocolLimits limits;
};

class Routes {
 public:
  Routes(RoutesOptions options, base::Clock& clock, LoadCounters& load,
         const base::Metrics& metrics);

  void serve(const Signature& signature, Batcher& batcher, ServeMetrics& counted,
             SelfTest& self_test);
  void drain();
  void handle(net::ServerRequest request, net::Reply reply);
  net::Handler handler();

 private:
  struct Target {
    std::string model;
    std::string version;
    std::string verb;  // "", "ready", "infer"
  };
  struct Served {
    const Signature* signature = nullptr;
    Batcher* batcher = nullptr;
    ServeMetrics* counted = nullptr;
    SelfTest* self_test = nullptr;
  };

  void infer(net::ServerRequest request, net::Reply reply);
  net::ServerResponse answer(const net::ServerRequest& request);
  net::ServerResponse model_answer(const net::ServerRequest& request, const Target& target);
  net::ServerResponse ready_answer(base::Json body) const;
  base::Result<void> check_target(const Target& target) const;
  static bool parse_target(std::string_view path, Target& target);
  base::Error not_ready() const;
  bool ready() const { return load_.ready && !load_.draining && !load_.broken; }

  const RoutesOptions options_;
  base::Clock& clock_;
  LoadCounters& load_;
  const base::Metrics& metrics_;
  Served served_;
  std::atomic<bool> has_model_{false};
};

// 400, 404, 413, 501, 503 with Retry-After, 504 or 500, and {"error": …}.
net::ServerResponse error_response(const base::Error& error);

}  // namespace cresset::serve
