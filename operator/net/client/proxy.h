#pragma once
// Proxy: an HTTP proxy that is asked for a tunnel (CONNECT, RFC 9110, section 9.3.6) to each
// origin, and the rule of the environment that says which origins go by one: HTTPS_PROXY,
// HTTP_PROXY and NO_PROXY, or the same in small letters, read as Go's
// golang.org/x/net/http/httpproxy reads them and so as kubectl does; but what cannot be used is an
// error, and http:// origins are reached by CONNECT too. Proxies that are spoken to by TLS or SOCKS
// are refused by name. Values, any thread; `proxy_variables` alone reads the environment.

#include <optional>
#include <string>
#include <string_view>

#include "operator/base/result.h"
#include "operator/net/client/url.h"

namespace cresset::net {

struct Proxy {
  std::string host;
  std::string port;
  std::string authorization;  // of Proxy-Authorization, or empty
  bool operator==(const Proxy&) const = default;
};

struct ProxyVariables {
  std::string https_proxy;
  std::string http_proxy;
  std::string no_proxy;
  // In which of the two ways of writing them the values were found.
  std::string https_name = "HTTPS_PROXY";
  std::string http_name = "HTTP_PROXY";
};

// http://[USER:PASSWORD@]HOST[:PORT]; what is percent-encoded in user and password is decoded. The
// Error shows neither.
base::Result<Proxy> parse_proxy(std::string_view url);
ProxyVariables proxy_variables();
// Nothing for an origin on this machine and for one that NO_PROXY names: by address, by a range of
// addresses (10.0.0.0/8), by a name with all below it, by what is below a name (.svc), each perhaps
// with a port, or by "*". The Error names the variable.
base::Result<std::optional<Proxy>> proxy_for(const Url& url, const ProxyVariables& variables);

}  // namespace cresset::net
