#pragma once
// Parts of an http(s) URL and percent-encoding (RFC 3986). Pure values, any thread.

#include <string>
#include <string_view>

#include "operator/base/result.h"

namespace cresset::net {

struct Url {
  bool tls = false;
  std::string host;    // without brackets for IPv6
  std::string port;    // "443" when absent and tls, else "80"
  std::string target;  // path and query, at least "/"
};

base::Result<Url> parse_url(std::string_view text);
// The text of a URL for an error: what stands before an @ (a user and a password) as ***.
std::string without_user(std::string_view url);
// Encodes everything but unreserved characters.
std::string percent_encode(std::string_view text);
base::Result<std::string> percent_decode(std::string_view text);

}  // namespace cresset::net
