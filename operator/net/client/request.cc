#include <algorithm>

#include "operator/base/address.h"
#include "operator/net/client/exchange.h"
#include "operator/net/client/headers.h"

namespace cresset::net {

namespace {

constexpr size_t kShown = 80;

// Set by the client itself, whatever the caller gave.
bool is_own_header(std::string_view name) {
  for (const std::string_view own : {"content-length", "transfer-encoding", "connection"})
    if (same_name(name, own)) return true;
  return false;
}

bool carries_a_body(const Request& request) {
  if (!request.body.empty()) return true;
  return request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
}

std::string host_of(const Url& url) {
  if (url.port == (url.tls ? "443" : "80")) return base::bracketed(url.host);
  return base::host_and_port(url.host, url.port);
}

}  // namespace

base::Result<void> check_request(const Request& request) {
  if (!is_token(request.method))
    return base::fail(base::invalid("\"" + request.method.substr(0, kShown) +
                                    "\" is no HTTP method (letters only)"));
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name))
      return base::fail(base::invalid("\"" + name.substr(0, kShown) + "\" is no header name"));
    if (!is_field_value(value))
      return base::fail(
          base::invalid("the header " + name + " holds a line break or another control character"));
  }
  return {};
}

std::string render_head(const Request& request, const Url& url) {
  std::string head;
  head.reserve(512);
  head.append(request.method).append(" ").append(url.target).append(" HTTP/1.1\r\n");
  if (find_header(request.headers, "host") == nullptr)
    head.append("Host: ").append(host_of(url)).append("\r\n");
  for (const auto& [name, value] : request.headers)
    if (!is_own_header(name)) head.append(name).append(": ").append(value).append("\r\n");
  if (carries_a_body(request))
    head.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  head.append("\r\n");
  return head;
}

}  // namespace cresset::net
