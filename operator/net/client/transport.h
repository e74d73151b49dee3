#pragma once
// Transport: a TCP socket, with TLS around it once `start_tls` was called. It models asio's
// AsyncReadStream and AsyncWriteStream, so that one instantiation of each algorithm serves both.
// Not movable: lives in its connection. One Loop. Private to net.

#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <optional>

namespace cresset::net {

class Transport {
 public:
  using tcp = boost::asio::ip::tcp;
  using executor_type = tcp::socket::executor_type;
  using Tls = boost::asio::ssl::stream<tcp::socket&>;

  explicit Transport(tcp::socket socket) : socket_(std::move(socket)) {}

  executor_type get_executor() { return socket_.get_executor(); }
  tcp::socket& socket() { return socket_; }
  Tls& start_tls(boost::asio::ssl::context& context) { return tls_.emplace(socket_, context); }
  bool has_tls() const { return tls_.has_value(); }
  Tls& tls() { return *tls_; }

  template <typename Buffers, typename Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) return tls_->async_read_some(buffers, std::forward<Handler>(handler));
    return socket_.async_read_some(buffers, std::forward<Handler>(handler));
  }
  template <typename Buffers, typename Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) return tls_->async_write_some(buffers, std::forward<Handler>(handler));
    return socket_.async_write_some(buffers, std::forward<Handler>(handler));
  }
  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

 private:
  tcp::socket socket_;
  std::optional<Tls> tls_;
};

}  // namespace cresset::net
