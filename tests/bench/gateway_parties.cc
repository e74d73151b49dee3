// The parties of tests/bench/gateway.py, each a process of its own:
//   gateway_parties backend PORT BODY_BYTES      a replica that answers everything at once
//   gateway_parties gateway PORT BACKEND_PORT    the real Gateway over an API server in memory
// Both run on one I/O thread, print "ready" and stop on SIGTERM. The service is open at
// /bench/model/v2/….

#include <csignal>
#include <cstdio>
#include <string>
#include <thread>

#include "crds/worker_contract/names.h"
#include "operator/gateway/gateway.h"
#include "operator/net/server/http_server.h"
#include "tests/support/fake_api.h"

namespace cresset {
namespace {

sigset_t block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void wait_for(const sigset_t& signals) {
  std::puts("ready");
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
}

int serve_backend(uint16_t port, size_t body_bytes, const sigset_t& signals) {
  const std::string body(body_bytes, 'b');
  net::HttpServer server({.port = port}, [&](net::ServerRequest, net::Reply reply) {
    reply({.content_type = "application/json", .body = body});
  });
  if (const auto started = server.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().message().c_str());
    return 1;
  }
  wait_for(signals);
  return 0;
}

void seed(testing::FakeApi& api, uint16_t backend_port) {
  const base::Json labels = {{worker_contract::kServiceLabel, "model"}};
  api.seed(kube::kModelServices, {{"metadata", {{"namespace", "bench"}, {"name", "model"}}},
                                  {"spec", {{"access", {{"mode", "Open"}}}}}});
  api.seed(kube::kEndpointSlices,
           {{"metadata", {{"namespace", "bench"}, {"name", "model-1"}, {"labels", labels}}},
            {"addressType", "IPv4"},
            {"ports", {{{"port", backend_port}}}},
            {"endpoints", {{{"addresses", {"127.0.0.1"}}}}}});
}

int serve_gateway(uint16_t port, uint16_t backend_port, const sigset_t& signals) {
  testing::FakeApi api;
  seed(api, backend_port);
  base::SystemClock clock;
  base::Metrics metrics;
  gateway::Gateway gateway({.address = "127.0.0.1", .port = port, .threads = 1}, api,
                           gateway::token_review(api), clock, metrics,
                           base::Log(base::LogLevel::kWarn));
  std::jthread running([&](std::stop_token stop) {
    if (const auto ran = gateway.run(stop); !ran)
      std::fprintf(stderr, "%s\n", ran.error().message().c_str());
  });
  wait_for(signals);
  return 0;
}

}  // namespace
}  // namespace cresset

int main(int argc, char** argv) {
  const sigset_t signals = cresset::block_stop_signals();
  const std::string role = argc == 4 ? argv[1] : "";
  const auto number = [&](int at) { return static_cast<uint16_t>(std::stoi(argv[at])); };
  if (role == "backend") return cresset::serve_backend(number(2), number(3), signals);
  if (role == "gateway") return cresset::serve_gateway(number(2), number(3), signals);
  std::fprintf(stderr, "usage: gateway_parties backend PORT BYTES | gateway PORT BACKEND_PORT\n");
  return 2;
}
