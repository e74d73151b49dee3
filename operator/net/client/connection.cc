#include "operator/net/client/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <utility>

#include "operator/net/client/tunnel.h"

namespace cresset::net {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

// A peer that went without a word is given up by the system a minute later, also where nobody reads
// or writes. What a system refuses of it is let be: each request and each watch has an end of its
// own, and this only lets go of the sockets sooner.
void keep_alive(tcp::socket& socket) {
  error_code refused;
  socket.set_option(boost::asio::socket_base::keep_alive(true), refused);
  constexpr std::pair<int, int> kTimes[] = {
      {TCP_KEEPIDLE, 30}, {TCP_KEEPINTVL, 10}, {TCP_KEEPCNT, 3}};
  for (const auto& [option, value] : kTimes)
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, option, &value, sizeof value);
}

}  // namespace

Connection::Connection(boost::asio::io_context& context, Origin origin, std::optional<Proxy> proxy)
    : origin_(std::move(origin)),
      proxy_(std::move(proxy)),
      resolver_(context),
      transport_(tcp::socket(context)),
      deadline_(context, [this] {
        if (const auto passed = passed_) passed();
      }) {}

std::string Connection::on_the_way(const std::string& doing) const {
  if (!proxy_) return doing;
  return doing + " the proxy " + base::host_and_port(proxy_->host, proxy_->port) + " for";
}

void Connection::open(TlsContext secure, const std::string& peer_name, bool skip_verify,
                      Opened opened) {
  secure_ = std::move(secure);
  peer_name_ = peer_name;
  skip_verify_ = skip_verify;
  opened_ = std::move(opened);
  const std::string& host = proxy_ ? proxy_->host : origin_.host;
  const std::string& port = proxy_ ? proxy_->port : origin_.port;
  error_code no_address;
  const auto address = boost::asio::ip::make_address(host, no_address);
  if (!no_address) {
    const tcp::endpoint endpoint(address, static_cast<uint16_t>(std::stoi(port)));
    return connect(tcp::resolver::results_type::create(endpoint, host, port));
  }
  step_ = on_the_way("resolving");
  resolver_.async_resolve(host, port, [this, keep = opened_](error_code error, auto found) {
    if (error) return keep(error);
    connect(found);
  });
}

void Connection::connect(const tcp::resolver::results_type& found) {
  step_ = on_the_way("connecting to");
  boost::asio::async_connect(transport_.socket(), found,
                             [this, keep = opened_](error_code error, const tcp::endpoint&) {
                               if (error) return keep(error);
                               connected(error);
                             });
}

void Connection::connected(error_code error) {
  const auto opened = std::exchange(opened_, nullptr);
  transport_.socket().set_option(tcp::no_delay(true), error);
  keep_alive(transport_.socket());
  if (!proxy_) return shake_hands(opened);
  step_ = on_the_way("asking");
  open_tunnel(transport_.socket(), origin_.text(), proxy_->authorization,
              [this, opened](const error_code& failed, const std::string& refusal) {
                refusal_ = refusal;
                if (failed) return opened(failed);
                shake_hands(opened);
              });
}

void Connection::shake_hands(const Opened& opened) {
  if (secure_ == nullptr) return opened({});
  step_ = "TLS with";
  auto& tls = transport_.start_tls(*secure_);
  if (const auto expected = expect_peer(tls.native_handle(), peer_name_, skip_verify_); !expected) {
    step_ = expected.error().message() + " for";
    return opened(boost::asio::error::invalid_argument);
  }
  tls.async_handshake(boost::asio::ssl::stream_base::client,
                      [opened](error_code failed) { opened(failed); });
}

base::Error Connection::open_error(const error_code& error) {
  std::string why = refusal_.empty() ? error.message() : refusal_;
  if (transport_.has_tls()) {
    const std::string refused = refusal(transport_.tls().native_handle());
    if (!refused.empty()) why = "its certificate was refused: " + refused;
  }
  return base::unavailable(doing() + ": " + why);
}

bool Connection::is_stale() {
  char byte = 0;
  const ssize_t got =
      ::recv(transport_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got == 0) return true;
  if (got < 0) return errno != EAGAIN && errno != EWOULDBLOCK;
  return !transport_.has_tls();  // a TLS peer may have sent session tickets
}

void Connection::close() {
  deadline_.clear();
  passed_ = nullptr;
  opened_ = nullptr;
  resolver_.cancel();
  transport_.close();
}

}  // namespace cresset::net
