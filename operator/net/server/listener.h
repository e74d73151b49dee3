#pragma once
// Listener: accepts connections on the first Loop and deals them out to all Loops in turn, up to
// the limit of connections. Made by HttpServer, kept alive by its own handler. Members run on the
// first Loop but for `set_secure` (any thread). Private to net.

#include <memory>
#include <mutex>
#include <vector>

#include "operator/net/server/session.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

namespace cresset::net {

class Listener : public std::enable_shared_from_this<Listener> {
 public:
  explicit Listener(std::vector<std::shared_ptr<SessionGroup>> groups);

  base::Result<uint16_t> listen();
  void accept();
  void close();
  void set_secure(TlsContext secure);

 private:
  void accepted(boost::system::error_code error, boost::asio::ip::tcp::socket socket,
                const std::shared_ptr<SessionGroup>& group);
  void retry_later();
  TlsContext secure();

  std::vector<std::shared_ptr<SessionGroup>> groups_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer retry_;
  size_t next_ = 0;
  std::mutex mutex_;
  TlsContext secure_;
};

}  // namespace cresset::net
