#include "operator/coordination/routes.h"

#include <charconv>
#include <vector>

namespace cresset::coordination {

using base::Result;

namespace {

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t at = 0; at < path.size();) {
    const size_t end = std::min(path.find('/', at + 1), path.size());
    parts.push_back(path.substr(at + 1, end - at - 1));
    at = end;
  }
  return parts;
}

Result<int> parse_after(const std::string& text) {
  int round = 0;
  if (text.empty()) return round;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, round);
  if (error != std::errc() || stopped != end || round < 0)
    return base::fail(
        base::invalid("after must be a round, 0 or more, found \"" + text.substr(0, 32) + "\""));
  return round;
}

}  // namespace

Result<Route> parse_route(const std::string& method, const std::string& path,
                          const std::string& after) {
  const auto wants = [&](const char* allowed) -> Result<void> {
    if (method == allowed) return {};
    return base::fail(base::unsupported(path + " takes " + allowed + ", not " + method));
  };
  if (path == "/v1/load") {
    CRESSET_CHECK(wants("POST"));
    return LoadRoute{};
  }
  const auto parts = parts_of(path);
  const bool job = parts.size() == 6 && parts[0] == "v1" && parts[1] == "namespaces" &&
                   parts[3] == "trainingjobs" && !parts[2].empty() && !parts[4].empty();
  if (job && parts[5] == "membership") {
    CRESSET_CHECK(wants("GET"));
    CRESSET_TRY(round, parse_after(after));
    return MembershipRoute{{parts[2], parts[4]}, round};
  }
  if (job && parts[5] == "progress") {
    CRESSET_CHECK(wants("POST"));
    return ProgressRoute{{parts[2], parts[4]}};
  }
  return base::fail(base::not_found("no such path: " + path.substr(0, 256)));
}

}  // namespace cresset::coordination
