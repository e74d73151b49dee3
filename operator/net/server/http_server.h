#pragma once
// HttpServer: the one HTTP/1.1 server of `cresset` and the worker, on Boost.Beast, plain or TLS
// (>= 1.2), with limits on headers, body, time and connections, keep-alive, and a strict parser.
// A handler gets the whole request and a Reply to call once, from any thread, now or later; so long
// polls and batched answers hold no thread. A Reply dropped without a call answers 500. Owned by
// whoever made it; `start` returns when the port listens (port 0 picks one), `stop` refuses new
// connections, lets answers in flight finish within `drain`, then closes. The handler runs on one
// of `threads` I/O threads and must not block for long.
//
//   HttpServer server({.port = 0}, [](ServerRequest request, Reply reply) {
//     reply({.status = 200, .body = "ok"});
//   });
//   CRESSET_CHECK(server.start());   server.port();

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operator/base/result.h"

namespace cresset::net {

class Loop;

struct ServerTls {
  std::string certificate_pem;  // chain, leaf first
  std::string key_pem;
};

struct ServerRequest;
struct BodyLimit {
  size_t bytes = 0;
  std::string whose;  // for the words of the 413; may be empty
};
// What the body of a request with this head may have; asked before a byte of it is read, on an I/O
// thread.
using BodyLimitOf = std::function<BodyLimit(const ServerRequest& head)>;

struct ServerOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 0;
  std::unique_ptr<ServerTls> tls;  // null: plain HTTP
  int threads = 1;
  size_t max_connections = 4096;
  size_t max_header_bytes = 16 << 10;
  size_t max_body_bytes = 4 << 20;  // over it: 413 with the limit, and the connection closes
  std::chrono::milliseconds header_timeout{10000};  // from the first byte to the end of the body
  std::chrono::milliseconds idle_timeout{75000};    // between requests of a connection
  std::chrono::milliseconds drain{10000};
  BodyLimitOf body_limit_of;  // empty: max_body_bytes for every request
};

struct ServerRequest {
  std::string method;
  std::string target;  // as sent: path and query
  std::string path;    // percent-decoded, without the query
  std::string query;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string remote;  // "10.1.2.3:4711"
  // The first header of that name without regard to case, or empty.
  std::string_view header(std::string_view name) const;
  // Decoded value of a query parameter, or empty.
  std::string parameter(std::string_view name) const;
};

struct ServerResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  bool close = false;
};

// Move-only; call once. Thread-safe. `gone()` tells that the client left, as far as known.
class Reply {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual void send(ServerResponse response) = 0;
    virtual bool gone() const = 0;
  };
  explicit Reply(std::shared_ptr<Sink> sink) : sink_(std::move(sink)) {}
  Reply(Reply&&) noexcept = default;
  Reply& operator=(Reply&& other) noexcept;
  ~Reply();
  void operator()(ServerResponse response);
  bool gone() const { return sink_ == nullptr || sink_->gone(); }

 private:
  std::shared_ptr<Sink> sink_;
};

using Handler = std::function<void(ServerRequest request, Reply reply)>;

class HttpServer {
 public:
  HttpServer(ServerOptions options, Handler handler);
  // On threads that others use too, as the gateway does (see net/client/loop.h), instead of
  // `options.threads` of its own. The owner of the loops stops them after this.
  HttpServer(ServerOptions options, Handler handler, std::vector<std::shared_ptr<Loop>> loops);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  base::Result<void> start();
  uint16_t port() const;  // 0 until it listens; any thread
  // New handshakes use these; running connections go on.
  base::Result<void> set_tls(const ServerTls& tls);
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cresset::net
