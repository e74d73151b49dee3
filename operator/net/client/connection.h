#pragma once
// Connection: one TCP (or TLS) connection to an origin, perhaps through a proxy: opening it within
// a deadline, and what a kept-alive one keeps between requests (its input buffer and its timer). It
// knows nothing of HTTP. Owned by one Exchange or by the Pool; whoever started an operation keeps
// it alive until the handler ran. One Loop. Private to net.

#include <utility>

#include <boost/beast/core/flat_buffer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "operator/base/address.h"
#include "operator/base/error.h"
#include "operator/net/client/deadline.h"
#include "operator/net/client/proxy.h"
#include "operator/net/client/tls.h"
#include "operator/net/client/transport.h"

namespace cresset::net {

struct Origin {
  bool tls = false;
  std::string host;
  std::string port;
  std::string text() const { return base::host_and_port(host, port); }
  bool operator==(const Origin&) const = default;
};

class Connection {
 public:
  using Opened = std::function<void(boost::system::error_code error)>;

  Connection(boost::asio::io_context& context, Origin origin,
             std::optional<Proxy> proxy = std::nullopt);
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Resolves, connects and shakes hands; `opened` keeps this alive. `secure` is null for plain TCP.
  void open(TlsContext secure, const std::string& peer_name, bool skip_verify, Opened opened);
  // What went wrong in open(), in words.
  base::Error open_error(const boost::system::error_code& error);
  // Where open() stands: "connecting to 10.0.0.1:6443".
  std::string doing() const { return step_ + " " + origin_.text(); }
  // The peer closed it, or sent what nobody asked for.
  bool is_stale();
  void close();

  // Calls `passed` when the deadline set through `deadline()` passes.
  void on_deadline(std::function<void()> passed) { passed_ = std::move(passed); }
  Deadline& deadline() { return deadline_; }
  Transport& transport() { return transport_; }
  boost::beast::flat_buffer& input() { return input_; }
  const Origin& origin() const { return origin_; }
  const TlsContext& secure() const { return secure_; }
  Deadline::Time idle_since;

 private:
  void connect(const boost::asio::ip::tcp::resolver::results_type& found);
  void connected(boost::system::error_code error);
  void shake_hands(const Opened& opened);
  // "connecting to " of the origin, or of the proxy that leads there.
  std::string on_the_way(const std::string& doing) const;

  const Origin origin_;
  const std::optional<Proxy> proxy_;
  boost::asio::ip::tcp::resolver resolver_;
  Transport transport_;
  boost::beast::flat_buffer input_;
  std::function<void()> passed_;
  Deadline deadline_;
  TlsContext secure_;
  std::string peer_name_;
  bool skip_verify_ = false;
  std::string step_;     // what it is about to do, for errors
  std::string refusal_;  // of the proxy
  Opened opened_;
};

}  // namespace cresset::net
