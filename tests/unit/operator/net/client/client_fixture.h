#pragma once
// Servers and waiting for the tests of this folder.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "operator/net/client/http_client.h"
#include "operator/net/server/http_server.h"
#include "tests/support/raw_server.h"

namespace cresset::net {

using cresset::testing::RawServer;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

using Outcome = tl::expected<Response, ClientError>;

// Sends and waits, keeping what `send` drops: whether anything was sent.
inline Outcome send_and_wait(HttpClient& client, Request request) {
  auto promise = std::make_shared<std::promise<Outcome>>();
  client.async_send(std::move(request),
                    [promise](Outcome outcome) { promise->set_value(std::move(outcome)); });
  return promise->get_future().get();
}

inline std::unique_ptr<HttpServer> serving(Handler handler, ServerOptions options = {}) {
  auto server = std::make_unique<HttpServer>(std::move(options), std::move(handler));
  EXPECT_TRUE(server->start());
  return server;
}

inline std::string url_of(const HttpServer& server) {
  return "http://127.0.0.1:" + std::to_string(server.port());
}

// A port on which nobody listens.
inline std::string dead_url() {
  auto server = serving([](ServerRequest, Reply) {});
  return url_of(*server);
}

}  // namespace cresset::net
