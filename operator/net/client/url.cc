#include "operator/net/client/url.h"

#include <algorithm>
#include <cctype>

#include "operator/net/client/headers.h"

namespace cresset::net {

namespace {

base::Failure bad(std::string_view text, const std::string& why) {
  constexpr size_t kShown = 200;
  std::string shown = without_user(text);
  if (shown.size() > kShown) shown = shown.substr(0, kShown) + "...";
  return base::fail(base::invalid("URL \"" + shown + "\" " + why));
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5) return false;
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  return value >= 1 && value <= 65535;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

base::Result<void> parse_authority(std::string_view text, std::string_view authority, Url& url) {
  if (authority.find('@') != std::string_view::npos)
    return bad(text, "names a user, which is not allowed");
  std::string_view rest;
  if (authority.starts_with('[')) {
    const size_t close = authority.find(']');
    if (close == std::string_view::npos) return bad(text, "has no ] after its IPv6 address");
    url.host = authority.substr(1, close - 1);
    rest = authority.substr(close + 1);
  } else {
    const size_t colon = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, colon);
    rest = authority.substr(colon);
  }
  if (url.host.empty()) return bad(text, "has no host");
  if (rest.empty()) {
    url.port = url.tls ? "443" : "80";
    return {};
  }
  if (!rest.starts_with(':') || !is_port(rest.substr(1))) {
    // A password with a slash in it ends here, before its @.
    if (text.find('@') != std::string_view::npos) return bad(text, "has no port that can be used");
    return bad(text, "has the port \"" + std::string(rest.substr(1)) + "\"; 1 to 65535 is allowed");
  }
  url.port = rest.substr(1);
  return {};
}

}  // namespace

base::Result<Url> parse_url(std::string_view text) {
  Url url;
  const size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return bad(text, "must start with http:// or https://");
  if (same_name(text.substr(0, scheme), "https"))
    url.tls = true;
  else if (!same_name(text.substr(0, scheme), "http"))
    return bad(text, "must start with http:// or https://");
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!printable) return bad(text, "has a character that must be percent-encoded");
  const std::string_view rest = text.substr(scheme + 3);
  const size_t slash = std::min(rest.find_first_of("/?#"), rest.size());
  CRESSET_CHECK(parse_authority(text, rest.substr(0, slash), url));
  const std::string_view target = rest.substr(slash);
  url.target = target.substr(0, target.find('#'));
  if (!url.target.starts_with('/')) url.target.insert(0, 1, '/');
  return url;
}

std::string without_user(std::string_view url) {
  const size_t at = url.rfind('@');
  if (at == std::string_view::npos) return std::string(url);
  const size_t scheme = url.substr(0, at).find("://");
  const auto kept = scheme == std::string_view::npos ? "" : url.substr(0, scheme + 3);
  return std::string(kept) + "***" + std::string(url.substr(at));
}

std::string percent_encode(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += kDigits[byte >> 4];
      encoded += kDigits[byte & 15];
    }
  }
  return encoded;
}

base::Result<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0)
      return base::fail(base::invalid("\"" + std::string(text.substr(i, 3)) +
                                      "\" is no percent-encoded byte (% and two hex digits)"));
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

}  // namespace cresset::net
