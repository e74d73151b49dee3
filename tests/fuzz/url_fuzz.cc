// Any bytes as a URL: what is taken has a host, a port, and a target that starts a request line;
// and percent-encoding is undone by decoding.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "operator/net/client/headers.h"
#include "operator/net/client/url.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  require(cresset::net::percent_decode(cresset::net::percent_encode(text)) == std::string(text));
  if (const auto decoded = cresset::net::percent_decode(text)) require(decoded->size() <= size);
  const auto url = cresset::net::parse_url(text);
  if (!url) {
    require(!url.error().message().empty());
    return 0;
  }
  require(!url->host.empty() && !url->port.empty() && url->target.starts_with('/'));
  require(url->target.find(' ') == std::string::npos);
  require(cresset::net::is_field_value(url->host + url->target));
  const int port = std::stoi(url->port);
  require(port >= 1 && port <= 65535);
  return 0;
}
