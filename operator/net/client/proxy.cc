#include "operator/net/client/proxy.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <cctype>
#include <utility>

#include "operator/base/digest.h"
#include "operator/base/file.h"

namespace cresset::net {

namespace ip = boost::asio::ip;
using boost::system::error_code;

namespace {

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lowered;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t first = std::min(text.find_first_not_of(kBlank), text.size());
  const size_t last = text.find_last_not_of(kBlank);
  return text.substr(first, last == std::string_view::npos ? 0 : last + 1 - first);
}

std::optional<ip::address> as_address(const std::string& text) {
  error_code none;
  const auto address = ip::make_address(text, none);
  if (none) return std::nullopt;
  return address;
}

bool is_in_range(const ip::address& address, const std::string& range) {
  error_code none;
  if (address.is_v4()) {
    const auto network = ip::make_network_v4(range, none);
    return !none && ip::network_v4(address.to_v4(), network.prefix_length()).canonical() ==
                        network.canonical();
  }
  const auto network = ip::make_network_v6(range, none);
  return !none && ip::network_v6(address.to_v6(), network.prefix_length()).canonical() ==
                      network.canonical();
}

// Takes the port off "host:port" and "[v6]:port".
std::string take_port(std::string& host) {
  const size_t colon = host.rfind(':');
  const bool brackets = host.starts_with('[');
  if (colon == std::string::npos) return "";
  if (!brackets && host.find(':') != colon) return "";  // an IPv6 address alone
  if (brackets && colon < host.find(']')) return "";
  const std::string port = host.substr(colon + 1);
  host.resize(colon);
  return port;
}

bool is_named_by(std::string entry, const std::string& host, const std::string& port) {
  const auto address = as_address(host);
  if (entry.find('/') != std::string::npos) return address && is_in_range(*address, entry);
  if (const auto own = take_port(entry); !own.empty() && own != port) return false;
  if (entry.starts_with('[') && entry.ends_with(']')) entry = entry.substr(1, entry.size() - 2);
  if (const auto named = as_address(entry)) return address == named;
  if (entry.starts_with("*.")) entry.erase(0, 1);
  if (entry.starts_with('.')) return host.ends_with(entry);
  return !entry.empty() && (host == entry || host.ends_with("." + entry));
}

bool is_on_this_machine(const std::string& host) {
  const auto address = as_address(host);
  return host == "localhost" || (address && address->is_loopback());
}

bool is_exempt(const Url& url, std::string_view no_proxy) {
  const std::string host = lower(url.host);
  if (is_on_this_machine(host)) return true;
  while (!no_proxy.empty()) {
    const size_t comma = std::min(no_proxy.find(','), no_proxy.size());
    const std::string entry = lower(trimmed(no_proxy.substr(0, comma)));
    if (entry == "*" || is_named_by(entry, host, url.port)) return true;
    no_proxy.remove_prefix(std::min(comma + 1, no_proxy.size()));
  }
  return false;
}

base::Result<std::string> authorization_of(std::string_view user_and_password) {
  const size_t colon = std::min(user_and_password.find(':'), user_and_password.size());
  CRESSET_TRY(user, percent_decode(user_and_password.substr(0, colon)));
  CRESSET_TRY(
      password,
      percent_decode(user_and_password.substr(std::min(colon + 1, user_and_password.size()))));
  return "Basic " + base::base64(user + ":" + password);
}

struct Found {
  std::string name;
  std::string value;
};

Found either(const char* name, const char* small) {
  if (auto value = base::environment(name)) return {name, std::move(*value)};
  return {small, base::environment(small).value_or("")};
}

}  // namespace

base::Result<Proxy> parse_proxy(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (lower(text.substr(0, kScheme.size())) != kScheme)
    return base::fail(base::invalid("the proxy \"" + without_user(text) +
                                    "\" must start with http://, the only kind that is supported"));
  std::string_view rest = text.substr(kScheme.size());
  const size_t at = rest.rfind('@');
  Proxy proxy;
  if (at != std::string_view::npos) {
    auto authorization = authorization_of(rest.substr(0, at));
    if (!authorization || rest.substr(0, at).find_first_of("/?#") != std::string_view::npos)
      return base::fail(base::invalid("the user or password of the proxy \"" + without_user(text) +
                                      "\" is not percent-encoded"));
    proxy.authorization = std::move(*authorization);
    rest.remove_prefix(at + 1);
  }
  CRESSET_TRY(url, parse_url(std::string(kScheme) + std::string(rest)));
  proxy.host = std::move(url.host);
  proxy.port = std::move(url.port);
  return proxy;
}

ProxyVariables proxy_variables() {
  Found https = either("HTTPS_PROXY", "https_proxy");
  Found http = either("HTTP_PROXY", "http_proxy");
  return {.https_proxy = std::move(https.value),
          .http_proxy = std::move(http.value),
          .no_proxy = either("NO_PROXY", "no_proxy").value,
          .https_name = std::move(https.name),
          .http_name = std::move(http.name)};
}

base::Result<std::optional<Proxy>> proxy_for(const Url& url, const ProxyVariables& variables) {
  const std::string& named = url.tls ? variables.https_proxy : variables.http_proxy;
  if (named.empty() || is_exempt(url, variables.no_proxy)) return std::optional<Proxy>();
  const bool has_scheme = named.find("://") != std::string::npos;
  auto proxy = parse_proxy(has_scheme ? named : "http://" + named);
  if (!proxy)
    return base::fail(proxy.error().with_context(
        "variable " + (url.tls ? variables.https_name : variables.http_name)));
  return std::optional<Proxy>(std::move(*proxy));
}

}  // namespace cresset::net
