#include "operator/main_options.h"

#include <charconv>

namespace cresset {

base::Result<Address> parse_address(const std::string& flag, const std::string& text) {
  const auto bad = [&] {
    return base::fail(base::invalid(
        flag + " must be HOST:PORT with a port of 0 to 65535, found \"" + text + "\""));
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return bad();
  Address address{.host = text.substr(0, colon)};
  if (address.host.starts_with('[') && address.host.ends_with(']'))
    address.host = address.host.substr(1, address.host.size() - 2);
  const char* begin = text.data() + colon + 1;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(begin, end, address.port);
  if (error != std::errc() || stopped != end || address.host.empty()) return bad();
  return address;
}

}  // namespace cresset
