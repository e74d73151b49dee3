#pragma once
// TLS settings made once for client and server: OpenSSL contexts of at least TLS 1.2 from PEM, and
// the name or address that a client's handshake must prove. Private to net: includes asio. Pure
// but for reading the system's trust store.

#include <utility>

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "operator/base/result.h"
#include "operator/net/client/http_client.h"

namespace cresset::net {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

base::Result<TlsContext> make_client_context(const TlsOptions& options);
// `certificate_pem` is the chain, leaf first.
base::Result<TlsContext> make_server_context(const std::string& certificate_pem,
                                             const std::string& key_pem);
// Before a handshake: sends `name` as SNI unless it is an address, and makes verification demand it
// (as a DNS name or an IP address of the certificate) unless `skip_verify`.
base::Result<void> expect_peer(SSL* ssl, const std::string& name, bool skip_verify);
// Why the peer's certificate was refused, or nothing when that was not it.
std::string refusal(SSL* ssl);
bool is_ip_address(const std::string& text);

}  // namespace cresset::net
