#pragma once
// The two sides of the proxy on blocking sockets: TLS from the operator, TLS to the API server. One
// thread each; made by a Session. Private to tests/faults.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <string>

namespace cresset::faults {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Tls = asio::ssl::stream<asio::ip::tcp::socket>;
using HttpRequest = http::request<http::string_body>;
using HttpResponse = http::response<http::string_body>;

struct Upstream {
  std::string host;
  std::string port;
};

// A connection to the API server, opened when first needed and again after it broke. Throws
// boost::system::system_error.
class UpstreamConnection {
 public:
  UpstreamConnection(asio::io_context& context, asio::ssl::context& tls, Upstream upstream)
      : context_(context), tls_(tls), upstream_(std::move(upstream)) {}
  HttpResponse exchange(HttpRequest request);
  // Sends the request on a new connection and leaves the answer to the caller.
  Tls& begin(const HttpRequest& request);
  void close() { stream_.reset(); }

 private:
  void open();

  asio::io_context& context_;
  asio::ssl::context& tls_;
  Upstream upstream_;
  std::unique_ptr<Tls> stream_;
  boost::beast::flat_buffer buffer_;
};

}  // namespace cresset::faults
