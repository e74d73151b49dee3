#pragma once
// How a host and a port stand in a URL, a Host header or a key of ours: "10.0.0.1:8080", and with
// brackets around IPv6, "[fd00::1]:8080" (RFC 3986, section 3.2.2). Pure, any thread.

#include <cstdint>
#include <string>

namespace cresset::base {

inline std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}
inline std::string host_and_port(const std::string& host, const std::string& port) {
  return bracketed(host) + ":" + port;
}
inline std::string host_and_port(const std::string& host, int64_t port) {
  return host_and_port(host, std::to_string(port));
}

}  // namespace cresset::base
