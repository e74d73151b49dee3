#pragma once
// HttpClient: the one HTTP/1.1 client of `cresset` and the worker, on Boost.Beast, with TLS
// (>= 1.2, OpenSSL 3), a bounded pool of kept-alive connections for each origin, and limits on
// headers, body and time. It retries nothing by itself: an answer of any status is a Response, an
// Error means that no whole answer came, and `Error.kind()` is kUnavailable (connect, reset),
// kTimeout, kTooLarge or kCancelled. `nothing_was_sent` in ClientError tells a caller whether a
// retry is safe. A request that times out or whose connection breaks takes with it the idle ones to
// the same origin on its I/O thread that were not heard of since it was sent: they are as dead,
// mostly, and those who come next must not find that out one by one. Owned by whoever made it,
// outlives every call and stream. All calls may come from any thread; callbacks run on the client's
// own I/O thread and must not block. A redirect is an answer, not followed, so that no token
// travels to another host.
//
//   HttpClient client({.tls = {.ca_pem = bundle}});
//   auto answer = client.send({.method = "GET", .url = "https://10.0.0.1:6443/version"});

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operator/base/result.h"
#include "operator/net/client/proxy.h"

namespace cresset::net {

class Loop;

// In order, names as sent; looked up without regard to case.
using Headers = std::vector<std::pair<std::string, std::string>>;
const std::string* find_header(const Headers& headers, std::string_view name);

struct TlsOptions {
  std::string ca_pem;           // trust these instead of the system's store; may hold several
  std::string extra_ca_pem;     // trust these beside them or beside the store; may hold several
  std::string certificate_pem;  // client certificate and key, both or none
  std::string key_pem;
  std::string server_name;  // SNI and name to verify; default: the URL's host
  bool insecure_skip_verify = false;
  bool operator==(const TlsOptions&) const = default;
};

// An Error when they cannot work: broken PEM, a key of another certificate.
base::Result<void> check_tls(const TlsOptions& tls);

struct ClientOptions {
  TlsOptions tls;
  std::optional<Proxy> proxy;  // through which every origin is reached
  std::chrono::milliseconds connect_timeout{5000};
  size_t max_idle_per_origin = 16;
  size_t max_body_bytes = 64 << 20;
  size_t max_header_bytes = 64 << 10;
  std::chrono::milliseconds idle_timeout{60000};  // an idle connection is closed after this
  // But the newest of them, those to an origin are closed after this: with TLS each holds 60 KiB,
  // and what a burst opened is not needed when it is over.
  size_t spare_per_origin = 8;
  std::chrono::milliseconds surplus_timeout{5000};
};

struct Request {
  std::string method = "GET";
  std::string url;  // http://host:port/path?query or https://…
  Headers headers;  // Host and Content-Length are added
  std::string body;
  std::chrono::milliseconds timeout{30000};  // for the whole exchange
};

struct Response {
  int status = 0;
  Headers headers;
  std::string body;
};

struct ClientError {
  base::Error error;
  // No byte of the request reached the wire (connecting failed), so that repeating it is safe. A
  // kept-alive connection found closed before the first byte of an answer is reopened once inside
  // the client for what only reads (GET, HEAD, OPTIONS); no write of which something was sent is
  // ever sent again.
  bool nothing_was_sent = false;
};

class HttpClient {
 public:
  using Callback = std::function<void(tl::expected<Response, ClientError>)>;
  // Called for each piece of a streamed body, in order. False ends the stream.
  using OnData = std::function<bool(std::string_view piece)>;
  using OnOpen = std::function<void()>;

  explicit HttpClient(ClientOptions options = {});
  // On threads that others use too, as the gateway does (see loop.h): a call made on one of them
  // stays there, and each has a pool of its own. Their owner stops them after this.
  HttpClient(ClientOptions options, std::vector<std::shared_ptr<Loop>> loops);
  ~HttpClient();  // cancels what is in flight; callbacks get kCancelled
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // For connections opened from now on, as when certificates were rotated. Idle ones are closed;
  // what is under way ends on the connection that it has. An Error (and nothing changes) when the
  // options cannot work: broken PEM, a key of another certificate.
  base::Result<void> set_tls(const TlsOptions& tls);
  // Waits for the answer. A stop request ends the wait with kCancelled.
  base::Result<Response> send(Request request, std::stop_token stop = {});
  // Returns at once; `done` is called exactly once.
  void async_send(Request request, Callback done);
  // Sends, then feeds the body of a 2xx answer to `on_data`, on the calling thread, until it ends
  // or stop is asked; when `longest` has passed since the call it ends as if the server had ended
  // it, silent or not. `on_open` is called before, when a 2xx header came, for which the request's
  // timeout is. The Response has status and headers, and the body if not 2xx. Never pooled: each
  // stream has a connection of its own.
  base::Result<Response> stream(Request request, std::chrono::milliseconds longest,
                                std::stop_token stop, OnData on_data, OnOpen on_open = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cresset::net
