// Any bytes as a URL: what is taken has a host, a port, and a target that starts a request line;
// and percent-encoding is undone by decoding.

#include <string>

#include "operator/net/client/headers.h"
#include "operator/net/client/url.h"
#include "tests/fuzz/target.h"

namespace {

using cresset::fuzz::kPlanted;
using cresset::fuzz::require;

constexpr size_t kLongest = 256;

cresset::base::Result<cresset::net::Url> read(std::string_view text) {
  auto url = cresset::net::parse_url(text);
  if (kPlanted && url && url->port.starts_with("65")) url->port += "536";
  return url;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kLongest) return 0;
  const auto text = cresset::fuzz::view(data, size);
  require(cresset::net::percent_decode(cresset::net::percent_encode(text)) == std::string(text));
  if (const auto decoded = cresset::net::percent_decode(text)) require(decoded->size() <= size);
  const auto url = read(text);
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
