#include "operator/net/server/listener.h"

#include <boost/asio/ip/address.hpp>

namespace cresset::net {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds kAcceptRetry{50};

void turn_away(tcp::socket& socket) {
  static constexpr std::string_view kFull =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
      "Content-Length: 41\r\nConnection: close\r\n\r\n"
      "{\"error\":\"too many connections are open\"}";
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.send(boost::asio::buffer(kFull), 0, ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace

Listener::Listener(std::vector<std::shared_ptr<SessionGroup>> groups)
    : groups_(std::move(groups)),
      acceptor_(groups_.front()->loop->context()),
      retry_(groups_.front()->loop->context()) {}

base::Result<uint16_t> Listener::listen() {
  const ServerOptions& options = *groups_.front()->options;
  error_code error;
  const auto address = boost::asio::ip::make_address(options.address, error);
  if (error)
    return base::fail(
        base::invalid("the listen address \"" + options.address + "\" is no IP address"));
  const tcp::endpoint endpoint(address, options.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
  if (error)
    return base::fail(base::unavailable("listening on " + options.address + ":" +
                                        std::to_string(options.port) + ": " + error.message()));
  return acceptor_.local_endpoint(error).port();
}

void Listener::accept() {
  const auto group = groups_[next_++ % groups_.size()];
  acceptor_.async_accept(group->loop->context(),
                         [self = shared_from_this(), group](error_code error, tcp::socket socket) {
                           self->accepted(error, std::move(socket), group);
                         });
}

void Listener::accepted(error_code error, tcp::socket socket,
                        const std::shared_ptr<SessionGroup>& group) {
  if (!acceptor_.is_open()) return;
  if (error) return retry_later();
  auto context = secure();
  if (group->open->value() >= group->options->max_connections) {
    if (context == nullptr) turn_away(socket);
  } else {
    const auto session = std::make_shared<Session>(group, std::move(socket), std::move(context));
    const auto start = [session, group] { group->draining ? session->close() : session->start(); };
    if (group->loop->is_current())
      start();
    else
      group->loop->post(start);
  }
  accept();
}

// Out of descriptors, most likely: accepting again at once would spin.
void Listener::retry_later() {
  retry_.expires_after(kAcceptRetry);
  retry_.async_wait([self = shared_from_this()](error_code error) {
    if (!error && self->acceptor_.is_open()) self->accept();
  });
}

void Listener::close() {
  error_code ignored;
  acceptor_.close(ignored);
  retry_.cancel();
}

void Listener::set_secure(TlsContext secure) {
  std::lock_guard lock(mutex_);
  secure_ = std::move(secure);
}

TlsContext Listener::secure() {
  std::lock_guard lock(mutex_);
  return secure_;
}

}  // namespace cresset::net
