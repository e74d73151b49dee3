#pragma once
// open_tunnel: asks the HTTP proxy at the other end of a connected socket for a tunnel to another
// host (CONNECT, RFC 9110, section 9.3.6). After success what is written to the socket reaches that
// host. The socket outlives the call, which whoever owns it ends by closing it. One Loop. Private
// to net.

#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <string>

namespace cresset::net {

// `refusal` is what an answer that gives no tunnel says, when `error` says access_denied.
using TunnelOpened =
    std::function<void(const boost::system::error_code& error, const std::string& refusal)>;

// `authority` is HOST:PORT; `authorization` goes into Proxy-Authorization unless it is empty.
void open_tunnel(boost::asio::ip::tcp::socket& socket, const std::string& authority,
                 const std::string& authorization, TunnelOpened opened);

}  // namespace cresset::net
