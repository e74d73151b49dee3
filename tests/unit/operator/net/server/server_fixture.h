#pragma once
// A started server with an echo handler, for the tests of this folder. Each test makes its own.

#include <gtest/gtest.h>

#include <utility>

#include "operator/net/server/http_server.h"
#include "tests/support/raw_peer.h"

namespace cresset::net {

using cresset::testing::RawPeer;

inline const std::string kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

// "METHOD path?query body"
inline void echo(ServerRequest request, Reply reply) {
  reply({.body = request.method + " " + request.path + "?" + request.query + " " + request.body});
}

inline std::unique_ptr<HttpServer> started(ServerOptions options, Handler handler = echo) {
  auto server = std::make_unique<HttpServer>(std::move(options), std::move(handler));
  const auto result = server->start();
  EXPECT_TRUE(result) << (result ? "" : result.error().message());
  return server;
}

inline std::string status_line(const std::string& answer) {
  return answer.substr(0, answer.find("\r\n"));
}
inline std::string body_of(const std::string& answer) {
  const size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

}  // namespace cresset::net
